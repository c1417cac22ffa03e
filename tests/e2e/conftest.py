"""The people of the end-to-end tests."""

from collections.abc import Iterator

import pytest

from yeshi_local.line.client import LineDouble
from yeshi_local.mailbox.client import Mailbox
from yeshi_local.story.api import Api
from yeshi_local.story.mirror import Mirror
from yeshi_local.story.people import Buyer, Seller


@pytest.fixture(autouse=True)
def _logs(logs) -> None:
    """Shown when a test fails."""


@pytest.fixture(scope="module")
def seller(platform) -> Seller:
    """Somebody with a shop."""
    return Seller(platform.url, "陳美玉", "美玉手沖咖啡")


@pytest.fixture
def buyer(platform) -> Buyer:
    """Somebody new with an empty cart."""
    return Buyer(platform.url, "林小美")


@pytest.fixture
def mirror(platform) -> Iterator[Mirror]:
    """The metadata's mirror on S3."""
    opened = Mirror(platform.values)
    yield opened
    opened.close()


@pytest.fixture
def anybody(platform) -> Api:
    """Who has no account."""
    return Api(platform.url)


@pytest.fixture(scope="module")
def mailbox(platform) -> Mailbox:
    """Where mailed letters arrive."""
    return Mailbox(platform.machine.mailbox_url)


@pytest.fixture(scope="module")
def line(platform) -> LineDouble:
    """The platform's double of LINE."""
    return LineDouble(platform.values["line.url"])
