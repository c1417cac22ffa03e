"""Hands for tests of the chassis and of services."""
