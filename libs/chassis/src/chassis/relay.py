"""The relay: publishes what outboxes hold. A notification wakes it at once; polling is the truth.

`python -m chassis.relay` serves every PostgreSQL database in RELAY_DSNS (JSON, service to DSN): natively
one for all, in containers one for each service. Any number of relays may run: rows are claimed with a lease.
"""

import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from chassis import crashpoints, health, logs, metrics
from chassis.ending import Ending
from chassis.errors import Unavailable
from chassis.outbox import OutboxFeed
from chassis.plain.publisher import CONFIRM_TIMEOUT, Publisher
from chassis.settings import Settings, load_or_exit

log = logging.getLogger(__name__)

BATCH = 500  # rows claimed at once
# A relay that dies leaves its rows leased: this is how long an event may stall. Longer than a confirm may take.
LEASE = timedelta(seconds=CONFIRM_TIMEOUT + 1)
# Seconds. A mark that waits for company for so long is written alone: far less than a lease.
POLL_EVERY, MARK_WITHIN = 1.0, 0.05
MAINTAIN_EVERY, MEASURE_EVERY = 3600.0, 5.0
PAUSE_AFTER_ERROR = 1.0


class RelaySettings(Settings, frozen=True, kw_only=True):
    """What the relay needs. `relay_dsns` is JSON: `{"users": "postgresql://…"}`."""

    amqp_url: str
    relay_dsns: str
    secrets = frozenset({"amqp_url", "relay_dsns"})


class Relay:
    """Publishes one database's outbox until it is stopped, in a thread and on a connection to the bus of its own.

    It waits for one thing at a time, so nothing is handed from thread to thread: for news from the database, for a
    claim's rows, for the broker's confirms. What was confirmed in the turn before is marked together with the next
    claim, and alone when nothing comes for a moment.
    """

    def __init__(self, source: str, outbox: OutboxFeed, publisher: Publisher) -> None:
        self.source = source
        self._outbox = outbox
        self._publisher = publisher
        self._failures: tuple[type[Exception], ...] = (Unavailable, *outbox.errors)
        self._confirmed: list[UUID] = []  # by the broker, and not yet marked
        self._stopping = threading.Event()
        self.problem: str | None = "starting"

    def stop(self) -> None:
        """Ends after the batch under way."""
        self._stopping.set()

    def run(self) -> None:
        """Publishes and waits for more, until `stop`."""
        while not self._stopping.is_set():
            try:
                self._publisher.connect()
                full = self._turn() == BATCH
                self.problem = None
                if not full and not self._stopping.is_set():
                    self._outbox.wait(MARK_WITHIN if self._confirmed else POLL_EVERY)
            except self._failures as error:
                self.problem = f"{type(error).__name__}: {error}"
                log.warning("%s: nothing published: %s", self.source, error)
                self._stopping.wait(PAUSE_AFTER_ERROR)
        self._mark_the_last()
        self._publisher.close()
        self._outbox.close()

    def maintain(self) -> bool:
        """Keeps what the outbox lies in. Answers whether it could."""
        return self._kept(self._outbox.maintain)

    def measure(self) -> bool:
        """Tells the metrics how many rows wait. Answers whether it could."""
        return self._kept(self._measure)

    def _turn(self) -> int:
        """Publishes one batch and answers its size. A crash on the way sends rows again and never loses one."""
        confirmed = self._confirmed
        rows = self._outbox.claim(BATCH, LEASE, confirmed)
        self._confirmed = []
        if not rows:
            return 0
        try:
            outcome = self._publisher.publish(rows)
        except Unavailable:
            self._outbox.release([row.id for row in rows])
            raise
        crashpoints.reach(crashpoints.AFTER_PUBLISH)
        self._confirmed = outcome.confirmed
        metrics.outbox_published.labels(self.source).inc(len(outcome.confirmed))
        if outcome.returned:
            reason = next(iter(outcome.returned.values()))
            log.error("%s: %s events were returned: %s", self.source, len(outcome.returned), reason)
            metrics.outbox_returned.labels(self.source).inc(len(outcome.returned))
            self._outbox.mark_returned(outcome.returned, reason)
        return len(rows)

    def _mark_the_last(self) -> None:
        try:
            if self._confirmed:
                self._outbox.mark_published(self._confirmed)
        except self._failures as error:
            log.warning(
                "%s: %s published events are not marked and go out again: %s", self.source, len(self._confirmed), error
            )

    def _measure(self) -> None:
        count, oldest = self._outbox.backlog()
        metrics.outbox_waiting.labels(self.source).set(count)
        metrics.outbox_oldest_seconds.labels(self.source).set(oldest)

    def _kept(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except self._failures as error:
            log.warning("%s: the outbox is not kept: %s", self.source, error)
            return False
        return True


def keep(relays: Sequence[Relay], stopping: threading.Event) -> None:
    """Keeps and measures every outbox, until told to stop."""
    maintained: dict[Relay, float] = {}
    while not stopping.is_set():
        for relay in relays:
            due = maintained.get(relay, 0.0) <= time.monotonic() - MAINTAIN_EVERY
            if due and relay.maintain():
                maintained[relay] = time.monotonic()
            relay.measure()
        stopping.wait(MEASURE_EVERY)


def serve(settings: RelaySettings) -> int:
    """Runs one relay per PostgreSQL database, until SIGTERM. Answers the exit status."""
    from chassis.postgres.feed import PostgresFeed  # a relay of another database never loads this driver

    dsns = msgspec.json.decode(settings.relay_dsns, type=dict[str, str])
    return publish_all(settings, settings.amqp_url, {source: PostgresFeed(source, dsn) for source, dsn in dsns.items()})


def publish_all(settings: Settings, amqp_url: str, outboxes: Mapping[str, OutboxFeed]) -> int:
    """Runs one relay per outbox, by source, until SIGTERM. Answers the exit status: 1 when one of them failed in a way
    nobody foresaw, for then the others end too and whoever watches the process starts it anew.
    """
    relays = [
        Relay(source, outbox, Publisher(amqp_url, f"relay-{source}" if len(outboxes) > 1 else "relay"))
        for source, outbox in outboxes.items()
    ]
    readiness = health.Readiness()
    for relay in relays:
        readiness.add(relay.source, _problem_of(relay))
    server = health.serve(settings.health_host, settings.health_port, readiness)
    ending, stopping, failed = Ending(), threading.Event(), threading.Event()
    threads = [threading.Thread(target=_run, args=(relay, ending, failed), name=relay.source) for relay in relays]
    keeper = threading.Thread(target=keep, args=(relays, stopping), name="keeper", daemon=True)
    for thread in (*threads, keeper):
        thread.start()
    ending.wait()
    stopping.set()
    readiness.drain()
    for relay in relays:
        relay.stop()
    for thread in threads:
        thread.join()
    if server:
        server.stop()
    return 1 if failed.is_set() else 0


def _run(relay: Relay, ending: Ending, failed: threading.Event) -> None:
    try:
        relay.run()
    except Exception:
        log.exception("%s: its relay failed", relay.source)
        failed.set()
        ending.ask()


def _problem_of(relay: Relay) -> Callable[[], str | None]:
    return lambda: relay.problem


def main() -> int:
    """The process."""
    settings = load_or_exit(RelaySettings)
    logs.configure("relay", settings.log_level)
    return serve(settings)


if __name__ == "__main__":
    sys.exit(main())
