"""Users in memory."""

import pytest

from services.users.tests.memory.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def manual_world() -> World:
    """Operators decide about sellers."""
    return World(approve_sellers=False)
