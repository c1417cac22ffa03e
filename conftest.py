"""Tests of every package may ask for the platform's real servers."""

import pytest
from xdist.scheduler import LoadScopeScheduling

# pytest names a test module after its folders, `gateway.tests.…`. Once the package is known, it is not mistaken
# for the folder of the same name.
import gateway  # noqa: F401

PLATFORM = ("tests/e2e", "tests/faults", "tests/security")

pytest_plugins = ["yeshi_local.pytest_plugin"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests begin first. Within a file the order stays."""
    items.sort(key=lambda item: _length(_file(item.nodeid)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """How workers share the tests when there are several."""
    return Shares(config, log)


class Shares(LoadScopeScheduling):
    """A file is one share, so that its servers and processes start once; so is all that needs the whole platform."""

    def _split_scope(self, nodeid: str) -> str:
        path = _file(nodeid)
        return "platform" if path.startswith(PLATFORM) else path


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def _length(path: str) -> int:
    if path.startswith(PLATFORM):
        return 0
    return 1 if "integration" in path else 2
