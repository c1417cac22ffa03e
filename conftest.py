"""Tests of every package may ask for the platform's real servers."""

pytest_plugins = ["yeshi_local.pytest_plugin"]
