"""Use cases of the bell."""
