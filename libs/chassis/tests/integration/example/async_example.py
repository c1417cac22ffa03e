"""The example on asyncio: it takes edge-gateway's place on the bus, with the same methods and the same handlers.

Run as `python async_example.py` with AMQP_URL, POSTGRES_DSN and HEALTH_PORT.
"""

import asyncio
import os
import signal
import sys

from psycopg2.extras import execute_values

from chassis import health, logs
from chassis.aio import Bus
from chassis.aio.consumer import EventConsumer
from chassis.aio.server import RpcServer
from chassis.errors import Kind, Refusal
from chassis.events import Delivered, EventInbox, EventRouter
from chassis.postgres import Pool, Transaction, transaction
from chassis.settings import Settings, load_or_exit
from contracts import catalog


class ExampleSettings(Settings, frozen=True, kw_only=True):
    """The example's own."""

    amqp_url: str
    postgres_dsn: str
    heartbeat: int = 10
    workers: int = 10
    grace: float = 9.0


class SoldOut(Refusal):
    """A refusal with a code of its own."""

    code = "sold_out"
    kind = Kind.CONFLICT


def router() -> EventRouter:
    """Writes each shop it hears of; words in its name make the handler fail in different ways."""
    routes = EventRouter()

    @routes.on(catalog.ShopChangedV1)
    def on_changed(run: list[Delivered], tx: Transaction) -> None:
        for event in run:
            if "poison" in event.data.name:
                raise RuntimeError(event.data.name)
            if "broken" in event.data.name:
                raise SoldOut(event.data.name)
            if "kill" in event.data.name:
                os._exit(9)
        rows = [(str(event.id), event.data.shop_id) for event in run]
        execute_values(tx.cursor, "INSERT INTO effects (event_id, user_id) VALUES %s", rows)

    return routes


class Methods:
    """A method for each way a call can go."""

    def __init__(self, pool: Pool, bus: Bus) -> None:
        self._pool = pool
        self._bus = bus

    async def echo(self, principal, payload):
        """The payload back."""
        return payload

    async def refuse(self, principal, payload):
        """A typed refusal."""
        raise SoldOut("no more tea", left=0)

    async def fail(self, principal, payload):
        """An error nobody foresaw."""
        raise ZeroDivisionError("secret inside")

    async def unserializable(self, principal, payload):
        """A result that JSON cannot say."""
        return object()

    async def slow(self, principal, payload):
        """Takes `seconds`, then leaves a mark."""
        await asyncio.sleep(payload["seconds"])
        await asyncio.to_thread(self._mark, payload["mark"])
        return payload["mark"]

    async def ask_other(self, principal, payload):
        """A call of the service's own."""
        return await self._bus.rpc("users", "echo", principal, payload, timeout=1)

    def _mark(self, mark):
        with transaction(self._pool) as tx:
            tx.cursor.execute("INSERT INTO marks (mark) VALUES (%s)", (mark,))

    def all(self):
        """Methods by name."""
        names = ("echo", "refuse", "fail", "unserializable", "slow", "ask_other")
        return {name: getattr(self, name) for name in names}


async def serve(settings: ExampleSettings) -> int:
    """Until SIGTERM."""
    pool = Pool(settings.postgres_dsn, name="example", size=4)
    bus = Bus(settings.amqp_url, "edge-gateway", heartbeat=settings.heartbeat)
    server = RpcServer(bus, "edge-gateway", Methods(pool, bus).all(), workers=settings.workers)
    events = EventConsumer(bus, EventInbox("edge-gateway", pool, router()))
    readiness = health.Readiness()
    readiness.add("rpc", server.problem)
    readiness.add("events", events.problem)
    pages = health.serve(settings.health_host, settings.health_port, readiness)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    bus.start()
    events.start()
    await stopping.wait()
    ended = await asyncio.gather(server.stop(settings.grace), events.stop(settings.grace))
    await bus.close()
    if pages:
        pages.stop()
    return 0 if all(ended) else 1


if __name__ == "__main__":
    chosen = load_or_exit(ExampleSettings)
    logs.configure("example", chosen.log_level)
    sys.exit(asyncio.run(serve(chosen)))
