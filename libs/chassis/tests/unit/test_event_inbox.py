"""What becomes of each message of a batch, on a store in memory."""

from datetime import UTC, datetime

import pytest

import contracts
from chassis.errors import DatabaseUnavailable, StatementTimeout
from chassis.events import EventInbox, EventRouter, RawMessage
from chassis.testing.events import an_event
from contracts import users
from contracts.naming import RETRY_DELAYS


class Store:
    """Remembers events and what was heard of them; it all stands once the work is done."""

    def __init__(self) -> None:
        self.seen: set = set()
        self.heard: list[str] = []
        self.begun = 0

    def run(self, work):
        self.begun += 1
        heard: list[str] = []
        seen: set = set()
        answer = work((heard, seen))
        self.heard += heard
        self.seen |= seen
        return answer

    def window(self, _tx):
        return datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

    def claim(self, tx, _consumer, event_ids):
        fresh = set(event_ids) - self.seen
        tx[1].update(fresh)
        return fresh

    expect_new = claim


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def inbox(store):
    """Its handler fails as the seller's name says."""
    routes = EventRouter()
    errors = {"away": DatabaseUnavailable("away"), "long": StatementTimeout("too long")}

    @routes.on(users.SellerChangedV1)
    def on_changed(run, tx):
        for event in run:
            if event.data.display_name in errors:
                raise errors[event.data.display_name]
            tx[0].append(event.data.display_name)

    return EventInbox("notify", store, routes)


def messages(*names: str, attempt: int = 0) -> list[RawMessage]:
    return [RawMessage(an_event(name), contracts.EVENT_CONTENT_TYPE, attempt) for name in names]


def test_a_database_that_is_away_keeps_the_whole_batch(inbox, store):
    outcomes = inbox.process(messages("one", "away", "two"))
    assert [(outcome.keep, outcome.failed) for outcome in outcomes] == [(True, [])] * 3
    assert (store.heard, store.begun) == ([], 1)


def test_an_event_that_takes_too_long_holds_up_no_other(inbox, store):
    outcomes = inbox.process(messages("one", "long", "two"))
    assert [outcome.keep for outcome in outcomes] == [False] * 3
    assert [[(one.attempt, one.delay) for one in outcome.failed] for outcome in outcomes] == [
        [],
        [(1, RETRY_DELAYS[0])],
        [],
    ]
    assert store.heard == ["one", "two"]


def test_it_is_dead_after_its_last_try(inbox):
    [outcome] = inbox.process(messages("long", attempt=len(RETRY_DELAYS)))
    assert [one.delay for one in outcome.failed] == [None]
