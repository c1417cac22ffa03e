"""The people of the end-to-end tests."""

from collections.abc import Iterator

import pytest

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
