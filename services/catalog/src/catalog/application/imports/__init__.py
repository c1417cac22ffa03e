"""Bulk import of a shop: a sheet is taken in, read, checked and applied; and its way out again."""
