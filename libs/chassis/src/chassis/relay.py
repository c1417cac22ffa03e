"""The relay: publishes what outboxes hold. A notification wakes it at once; polling is the truth.

`python -m chassis.relay` serves every PostgreSQL database in RELAY_DSNS (JSON, service to DSN): natively
one for all, in containers one for each service. Any number of relays may run: rows are claimed with a lease.
"""

import asyncio
import logging
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import msgspec

from chassis import crashpoints, health, logs, metrics
from chassis.aio.link import Link
from chassis.aio.publisher import CONFIRM_TIMEOUT, Publisher
from chassis.errors import Unavailable
from chassis.outbox import OutboxFeed
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
    """Publishes one database's outbox until it is stopped.

    The database is asked from a thread of its own, one statement a turn: what was confirmed in the turn before is
    marked together with the next claim, and alone when nothing comes for a moment.
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

    async def run(self) -> None:
        """Publishes, waits for more, and keeps the outbox, until `stop`."""
        keeper = asyncio.create_task(self._maintain(), name=f"maintain-{self.source}")
        try:
            await asyncio.to_thread(self._work, asyncio.get_running_loop())
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._stopping.is_set():
            try:
                full = self._turn(loop) == BATCH
                self.problem = None
                if not full and not self._stopping.is_set():
                    self._outbox.wait(MARK_WITHIN if self._confirmed else POLL_EVERY)
            except self._failures as error:
                self.problem = f"{type(error).__name__}: {error}"
                log.warning("%s: nothing published: %s", self.source, error)
                self._stopping.wait(PAUSE_AFTER_ERROR)
        self._mark_the_last()

    def _turn(self, loop: asyncio.AbstractEventLoop) -> int:
        """Publishes one batch and answers its size. A crash on the way sends rows again and never loses one."""
        confirmed = self._confirmed
        rows = self._outbox.claim(BATCH, LEASE, confirmed)
        self._confirmed = []
        if not rows:
            return 0
        try:
            outcome = asyncio.run_coroutine_threadsafe(self._publisher.publish(rows), loop).result()
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

    async def _maintain(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._outbox.maintain)
                await self._measure_for(MAINTAIN_EVERY)
            except self._failures as error:
                log.warning("%s: the outbox is not kept: %s", self.source, error)
                await asyncio.sleep(PAUSE_AFTER_ERROR * 5)

    async def _measure_for(self, seconds: float) -> None:
        for _ in range(int(seconds / MEASURE_EVERY)):
            count, oldest = await asyncio.to_thread(self._outbox.backlog)
            metrics.outbox_waiting.labels(self.source).set(count)
            metrics.outbox_oldest_seconds.labels(self.source).set(oldest)
            await asyncio.sleep(MEASURE_EVERY)


async def serve(settings: RelaySettings) -> None:
    """Runs one relay per PostgreSQL database, until SIGTERM."""
    from chassis.postgres.feed import PostgresFeed  # a relay of another database never loads this driver

    dsns = msgspec.json.decode(settings.relay_dsns, type=dict[str, str])
    await publish_all(settings, settings.amqp_url, {source: PostgresFeed(source, dsn) for source, dsn in dsns.items()})


async def publish_all(settings: Settings, amqp_url: str, outboxes: Mapping[str, OutboxFeed]) -> None:
    """Runs one relay per outbox, by source, over one connection to the bus, until SIGTERM."""
    link = Link(amqp_url, "relay")
    publisher = Publisher(link)
    relays = [Relay(source, outbox, publisher) for source, outbox in outboxes.items()]
    readiness = health.Readiness()
    readiness.add("bus", lambda: None if link.up.is_set() else "not connected")
    for relay in relays:
        readiness.add(relay.source, _problem_of(relay))
    server = health.serve(settings.health_host, settings.health_port, readiness)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop_all, relays)
    link.start()
    with suppress(Unavailable):
        await link.ready(2)
    await asyncio.gather(*(relay.run() for relay in relays))
    readiness.drain()
    await link.close()
    for outbox in outboxes.values():
        outbox.close()
    if server:
        server.stop()


def _stop_all(relays: Sequence[Relay]) -> None:
    for relay in relays:
        relay.stop()


def _problem_of(relay: Relay) -> Callable[[], str | None]:
    return lambda: relay.problem


def main() -> int:
    """The process."""
    settings = load_or_exit(RelaySettings)
    logs.configure("relay", settings.log_level)
    asyncio.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
