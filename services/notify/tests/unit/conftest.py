"""Notify in memory."""

import itertools

import pytest

from services.notify.tests.memory.deliveries import Clock, MemoryDeliveries
from services.notify.tests.memory.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deliveries(clock) -> MemoryDeliveries:
    return MemoryDeliveries(clock)


@pytest.fixture
def script():
    """Answers one after the other, then the last for ever."""

    def made(*answers):
        return itertools.chain(answers, itertools.repeat(answers[-1]))

    return made
