"""Tests of every package may ask for the platform's real servers."""

import pytest

# pytest names a test module after its folders, `gateway.tests.…`. Once the package is known, it is not mistaken
# for the folder of the same name.
import gateway  # noqa: F401

PLATFORM = ("tests/e2e", "tests/faults")

pytest_plugins = ["yeshi_local.pytest_plugin"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Shares tests out by file, so that a file's servers and processes are started once; the longest begin first.

    Everything that needs the whole platform is one share.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_share(item)))
    items.sort(key=_length)  # stable: within a file the order stays


def _share(item: pytest.Item) -> str:
    path = str(item.path.relative_to(item.config.rootpath))
    return "platform" if path.startswith(PLATFORM) else path


def _length(item: pytest.Item) -> int:
    path = str(item.path.relative_to(item.config.rootpath))
    if path.startswith(PLATFORM):
        return 0
    return 1 if "integration" in path else 2
