"""A relay's turns on memory: what is confirmed is marked with the next claim, alone after a moment, or at the end."""

import signal
import time

import pytest

from chassis.errors import Unavailable
from chassis.ids import uuid7
from chassis.outbox import Row
from chassis.plain.publisher import Published
from chassis.relay import MARK_WITHIN, POLL_EVERY, Relay, publish_all
from chassis.settings import Settings


class Feed:
    """An outbox that hands out these batches and keeps what is said of them. After its last wait the relay ends."""

    errors: tuple[type[Exception], ...] = (ConnectionError,)

    def __init__(self, *batches: list[Row]) -> None:
        self.batches = list(batches)
        self.with_claims, self.alone, self.waits, self.given_back = [], [], [], []
        self.broken = False
        self.relay: Relay | None = None

    def claim(self, _limit, _lease, published):
        if self.broken:
            self.broken = False
            raise ConnectionError
        self.with_claims.append(list(published))
        return self.batches.pop(0) if self.batches else []

    def mark_published(self, ids):
        self.alone.append(list(ids))

    def release(self, ids):
        self.given_back += ids

    def wait(self, seconds):
        self.waits.append(seconds)
        if not self.batches:
            self.relay.stop()

    def maintain(self):
        """Nothing is old here."""

    def backlog(self):
        return 0, 0.0

    def close(self):
        """Nothing is open."""


class Broker:
    """Confirms everything, unless it is away."""

    away = False

    def connect(self):
        """It is there."""

    def close(self):
        """Nobody is waited for."""

    def publish(self, rows):
        if self.away:
            self.away = False
            raise Unavailable("the bus cannot be reached")
        return Published(confirmed=[row.id for row in rows])


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr("chassis.relay.PAUSE_AFTER_ERROR", 0.0)


def rows(number: int) -> list[Row]:
    return [Row(uuid7(), "a.b.v1", b"{}") for _ in range(number)]


def played(feed: Feed, broker: Broker | None = None) -> Relay:
    """Runs a relay until its feed has nothing left."""
    feed.relay = Relay("example", feed, broker or Broker())
    feed.relay.run()
    return feed.relay


def ids(batch: list[Row]) -> list:
    return [row.id for row in batch]


def test_what_was_confirmed_is_marked_with_the_next_claim_and_the_last_at_the_end():
    first, second = rows(2), rows(3)
    feed = Feed(first, second)
    played(feed)
    assert feed.with_claims == [[], ids(first)]
    assert feed.alone == [ids(second)]


def test_a_mark_waits_for_company_only_for_a_moment():
    busy, idle = Feed(rows(1), []), Feed()
    played(busy)
    played(idle)
    assert busy.waits == [MARK_WITHIN, POLL_EVERY]
    assert idle.waits == [POLL_EVERY]


def test_a_mark_that_the_database_did_not_take_is_said_again():
    first, second = rows(1), rows(1)
    feed = Feed(first, second)
    wait = feed.wait

    def wait_and_break(seconds):
        feed.broken = len(feed.with_claims) == 1
        wait(seconds)

    feed.wait = wait_and_break
    played(feed)
    assert feed.with_claims == [[], ids(first)]  # the claim between them failed
    assert feed.alone == [ids(second)]


def test_without_the_bus_rows_are_given_back_and_nothing_is_marked():
    lost, sent = rows(2), rows(1)
    feed, broker = Feed(lost, sent), Broker()
    broker.away = True
    played(feed, broker)
    assert feed.given_back == ids(lost)
    assert feed.with_claims == [[], []]
    assert feed.alone == [ids(sent)]


@pytest.fixture
def handlers():
    """Signals mean afterwards what they meant before."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_a_relay_that_fails_unforeseen_ends_the_process_with_the_others(handlers, monkeypatch, caplog):
    def fail(_limit, _lease, _published):
        raise ZeroDivisionError

    monkeypatch.setattr("chassis.relay.Publisher", lambda _url, _name: Broker())
    good, bad = Feed(), Feed()
    good.batches = [[] for _ in range(1000)]
    good.wait = lambda _seconds: time.sleep(0.005)
    bad.claim = fail
    assert publish_all(Settings(health_port=0), "amqp://", {"good": good, "bad": bad}) == 1
    assert "bad: its relay failed" in caplog.text
