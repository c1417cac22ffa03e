"""The relay: publishes what outboxes hold. NOTIFY wakes it at once; polling is the truth.

`python -m chassis.relay` serves every database in RELAY_DSNS (JSON, service to DSN): natively one for all, in
containers one for each service. Any number of relays may run: rows are claimed with a lease.
"""

import asyncio
import logging
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import msgspec
import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

from chassis import crashpoints, health, logs, metrics
from chassis.aio.link import Link
from chassis.aio.publisher import Publisher
from chassis.errors import Unavailable
from chassis.postgres import Pool, partitions
from chassis.postgres.outbox import CHANNEL, Outbox
from chassis.settings import Settings, load_or_exit

log = logging.getLogger(__name__)

BATCH = 500  # rows claimed at once
LEASE = timedelta(seconds=30)
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

    def __init__(self, source: str, pool: Pool, dsn: str, publisher: Publisher) -> None:
        self.source = source
        self._dsn = dsn
        self._pool = pool
        self._outbox = Outbox(pool)
        self._publisher = publisher
        self._wake = asyncio.Event()
        self._stopping = False
        self.problem: str | None = "starting"

    def stop(self) -> None:
        """Ends after the batch under way."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Publishes, waits for more, and keeps the partitions, until `stop`."""
        listener = asyncio.create_task(self._listen(), name=f"listen-{self.source}")
        keeper = asyncio.create_task(self._maintain(), name=f"partitions-{self.source}")
        try:
            while not self._stopping:
                self._wake.clear()
                try:
                    full = await self.once() == BATCH
                    self.problem = None
                except (Unavailable, psycopg2.Error) as error:
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
                await asyncio.to_thread(self._hear)
            except psycopg2.Error as error:
                log.warning("%s: not listening: %s", self.source, error)
                await asyncio.sleep(PAUSE_AFTER_ERROR)
            self._wake.set()

    def _hear(self) -> None:
        """Blocks until a notification, a second has passed or the relay stops. One connection lives across calls."""
        connection = self._listening()
        try:
            if select.select([connection], [], [], POLL_EVERY)[0]:
                connection.poll()
                connection.notifies.clear()
        except (OSError, psycopg2.Error):
            connection.close()
            raise

    def _listening(self) -> "psycopg2.extensions.connection":
        if self._listener is None or self._listener.closed:
            self._listener = psycopg2.connect(
                self._dsn, connect_timeout=3, keepalives_idle=5, application_name=f"yeshi-relay-{self.source}"
            )
            self._listener.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            with self._listener.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
        return self._listener

    _listener: "psycopg2.extensions.connection | None" = None

    async def _maintain(self) -> None:
        while True:
            try:
                made, dropped = await asyncio.to_thread(partitions.maintain, self._pool)
                if made or dropped:
                    log.info("%s: partitions made %s, dropped %s", self.source, made, dropped)
                await self._measure_for(MAINTAIN_EVERY)
            except (Unavailable, psycopg2.Error) as error:
                log.warning("%s: partitions not kept: %s", self.source, error)
                await asyncio.sleep(PAUSE_AFTER_ERROR * 5)

    async def _measure_for(self, seconds: float) -> None:
        for _ in range(int(seconds / 5)):
            count, oldest = await asyncio.to_thread(self._outbox.backlog)
            metrics.outbox_waiting.labels(self.source).set(count)
            metrics.outbox_oldest_seconds.labels(self.source).set(oldest)
            await asyncio.sleep(5)


async def serve(settings: RelaySettings) -> None:
    """Runs one relay per database over one connection to the bus, until SIGTERM."""
    dsns = msgspec.json.decode(settings.relay_dsns, type=dict[str, str])
    link = Link(settings.amqp_url, "relay")
    publisher = Publisher(link)
    relays = [Relay(source, Pool(dsn, size=2, name=f"relay-{source}"), dsn, publisher) for source, dsn in dsns.items()]
    readiness = health.Readiness()
    readiness.add("bus", lambda: None if link.up.is_set() else "not connected")
    for relay in relays:
        readiness.add(relay.source, _problem_of(relay))
    server = health.serve(settings.health_host, settings.health_port, readiness)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: [relay.stop() for relay in relays])
    link.start()
    with suppress(Unavailable):
        await link.ready(2)
    await asyncio.gather(*(relay.run() for relay in relays))
    readiness.drain()
    await link.close()
    if server:
        server.stop()


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
