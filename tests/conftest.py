"""One whole platform for end-to-end and fault tests: two gateways, and orders that go unpaid for a few seconds only."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from yeshi_local.kit.gallery import Gallery
from yeshi_local.kit.gallery import gallery as open_gallery
from yeshi_local.platform import Platform

UNPAID_SECONDS = 6
STARTS_WITHIN = 300  # seconds
ENDS_WITHIN = 120


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
            with time_of_its_own(STARTS_WITHIN):
                made.up()
            yield made
        finally:
            with time_of_its_own(ENDS_WITHIN):
                made.reset()


@contextmanager
def time_of_its_own(seconds: float) -> Iterator[None]:
    """What happens to fall to the first or the last test is not taken from that test's time: its alarm, which is
    pytest-timeout's, rings for this after so many seconds and goes on afterwards with what was left.
    """
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    if not left:  # nobody limits this test
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)


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
