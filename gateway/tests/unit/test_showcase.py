"""The category tree is kept, and asked for again when an event says that it changed."""

import asyncio

from chassis.errors import Unavailable
from gateway.application.showcase import ASKED_AGAIN, TREE_LIFE, Showcase


class Services:
    """Catalog, which may be behind its own events for a moment."""

    def __init__(self):
        self.version, self.asked, self.away = 1, 0, False

    async def ask(self, *_):
        self.asked += 1
        if self.away:
            raise Unavailable("away")
        return {"version": self.version, "items": []}


def test_a_tree_that_is_older_than_its_event_is_asked_for_again():
    services, clock = Services(), [0.0]
    showcase = Showcase(services, None, lambda: clock[0])

    def version():
        return asyncio.run(showcase.categories())["version"]

    assert [version(), version(), services.asked] == [1, 1, 1]
    showcase.categories_changed(2)
    assert [version(), services.asked] == [1, 2]  # the event was faster than the process that was asked
    services.version = 2
    assert [version(), version(), services.asked] == [2, 2, 3]
    showcase.categories_changed(1)
    assert [version(), services.asked] == [2, 3]


def test_a_kept_tree_serves_while_catalog_is_away_and_is_looked_at_again_after_a_lost_queue():
    services, clock = Services(), [0.0]
    showcase = Showcase(services, None, lambda: clock[0])

    def version():
        return asyncio.run(showcase.categories())["version"]

    assert version() == 1
    services.version, services.away = 2, True
    showcase.forget_categories()
    assert [version(), version(), services.asked] == [1, 1, 2]  # nobody waits for catalog a second time at once
    services.away = False
    clock[0] += ASKED_AGAIN + 1
    assert version() == 2
    clock[0] += TREE_LIFE - 1
    assert [version(), services.asked] == [2, 3]
    services.version = 3
    showcase.forget_categories()
    assert version() == 3
