"""One whole platform for end-to-end and fault tests: two gateways, and orders that go unpaid for a few seconds only."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from yeshi_local.kit.gallery import Gallery
from yeshi_local.kit.gallery import gallery as open_gallery
from yeshi_local.platform import Platform

UNPAID_SECONDS = 6


@pytest.fixture(scope="session")
def gallery() -> Iterator[Gallery]:
    """Somebody else's pictures, which the platform may fetch."""
    with open_gallery() as made:
        yield made


@pytest.fixture(scope="session")
def platform(gallery: Gallery) -> Iterator[Platform]:
    """Up and ready; stopped and deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="yeshi-e2e-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user than root
        made = Platform(
            Path(folder) / "run",
            replicas={"gateway": 2},
            settings={
                "LIMIT_FACTOR": "1000",
                "UNPAID_TIMEOUT_SECONDS": str(UNPAID_SECONDS),
                "FETCH_ALLOW": gallery.address,
            },
        )
        try:
            made.up()
            yield made
        finally:
            made.reset()


@pytest.fixture
def logs(request, platform) -> Iterator[None]:
    """What the processes said, when a test fails."""
    yield
    report = getattr(request.node, "report", None)
    if report is not None and report.failed:
        for name in platform.names():
            print(platform.supervisor.tail(name, 25))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.report = report
    return report
