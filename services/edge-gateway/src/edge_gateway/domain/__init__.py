"""Devices at doors, what they count, and who may see it. Knows no wire, no driver and no clock."""
