"""Use cases and what they need from outside."""
