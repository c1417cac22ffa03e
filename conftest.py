"""Tests of every package may ask for the platform's real servers."""

# pytest names a test module after its folders, `gateway.tests.…`. Once the package is known, it is not mistaken
# for the folder of the same name.
import gateway  # noqa: F401

pytest_plugins = ["yeshi_local.pytest_plugin"]
