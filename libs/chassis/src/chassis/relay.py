"""The relay: publishes what outboxes hold. A notification wakes it at once; polling is the truth.

`python -m chassis.relay` serves every PostgreSQL database in RELAY_DSNS (JSON, service to DSN): natively
one for all, in containers one for each service. Any number of relays may run: rows are claimed with a lease.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

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
POLL_EVERY = 1.0  # seconds
MAINTAIN_EVERY = 3600.0
PAUSE_AFTER_ERROR = 1.0


class RelaySettings(Settings, frozen=True, kw_only=True):
    """What the relay needs. `relay_dsns` is JSON: `{"users": "postgresql://…"}`."""

    amqp_url: str
    relay_dsns: str
    secrets = frozenset({"amqp_url", "relay_dsns"})


class Relay:
    """Publishes one database's outbox until it is stopped."""

    def __init__(self, source: str, outbox: OutboxFeed, publisher: Publisher) -> None:
        self.source = source
        self._outbox = outbox
        self._publisher = publisher
        self._failures: tuple[type[Exception], ...] = (Unavailable, *outbox.errors)
        self._wake = asyncio.Event()
        self._stopping = False
        self.problem: str | None = "starting"

    def stop(self) -> None:
        """Ends after the batch under way."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Publishes, waits for more, and keeps the outbox, until `stop`."""
        listener = asyncio.create_task(self._listen(), name=f"listen-{self.source}")
        keeper = asyncio.create_task(self._maintain(), name=f"maintain-{self.source}")
        try:
            while not self._stopping:
                self._wake.clear()
                try:
                    full = await self.once() == BATCH
                    self.problem = None
                except self._failures as error:
                    self.problem = f"{type(error).__name__}: {error}"
                    log.warning("%s: nothing published: %s", self.source, error)
                    full = False
                    await self._sleep(PAUSE_AFTER_ERROR)
                if not full and not self._stopping:
                    await self._sleep(POLL_EVERY)
        finally:
            for task in (listener, keeper):
                task.cancel()
            await asyncio.gather(listener, keeper, return_exceptions=True)

    async def once(self) -> int:
        """Publishes one batch and answers its size. A crash on the way sends rows again and never loses one."""
        rows = await asyncio.to_thread(self._outbox.claim, BATCH, LEASE)
        if not rows:
            return 0
        try:
            outcome = await self._publisher.publish(rows)
        except Unavailable:
            await asyncio.to_thread(self._outbox.release, [row.id for row in rows])
            raise
        crashpoints.reach(crashpoints.AFTER_PUBLISH)
        if outcome.confirmed:
            await asyncio.to_thread(self._outbox.mark_published, outcome.confirmed)
            metrics.outbox_published.labels(self.source).inc(len(outcome.confirmed))
        if outcome.returned:
            reason = next(iter(outcome.returned.values()))
            log.error("%s: %s events were returned: %s", self.source, len(outcome.returned), reason)
            metrics.outbox_returned.labels(self.source).inc(len(outcome.returned))
            await asyncio.to_thread(self._outbox.mark_returned, outcome.returned, reason)
        return len(rows)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _listen(self) -> None:
        """Wakes the relay when somebody commits events; without it the poll finds them."""
        while True:
            try:
                await asyncio.to_thread(self._outbox.wait, POLL_EVERY)
            except self._failures as error:
                log.warning("%s: not listening: %s", self.source, error)
                await asyncio.sleep(PAUSE_AFTER_ERROR)
            self._wake.set()

    async def _maintain(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._outbox.maintain)
                await self._measure_for(MAINTAIN_EVERY)
            except self._failures as error:
                log.warning("%s: the outbox is not kept: %s", self.source, error)
                await asyncio.sleep(PAUSE_AFTER_ERROR * 5)

    async def _measure_for(self, seconds: float) -> None:
        for _ in range(int(seconds / 5)):
            count, oldest = await asyncio.to_thread(self._outbox.backlog)
            metrics.outbox_waiting.labels(self.source).set(count)
            metrics.outbox_oldest_seconds.labels(self.source).set(oldest)
            await asyncio.sleep(5)


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
