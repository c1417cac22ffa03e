"""A small service on the chassis, for its tests: it takes notify's place on the bus.

Run as `python example.py service` with AMQP_URL, POSTGRES_DSN and HEALTH_PORT.
"""

import os
import sys
import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
import eventlet

eventlet.monkey_patch()

from nameko.extensions import DependencyProvider
from psycopg2.extras import execute_values

from chassis import green
from chassis.errors import Kind, Refusal
from chassis.events import Delivered, EventInbox, EventRouter
from chassis.postgres import Pool, Transaction, transaction
from chassis.settings import Settings, load_or_exit
from contracts import users


class ExampleSettings(Settings, frozen=True, kw_only=True):
    """The example's own."""

    amqp_url: str
    postgres_dsn: str
    heartbeat: int = 10
    workers: int = 10


class SoldOut(Refusal):
    """A refusal with a code of its own."""

    code = "sold_out"
    kind = Kind.CONFLICT


class App:
    """What bootstrap would build."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool


def router() -> EventRouter:
    """Writes each seller it hears of; `poison` in a name makes the handler fail, `kill` ends the process."""
    routes = EventRouter()

    @routes.on(users.SellerChangedV1, users.LineChangedV1)
    def on_changed(run: list[Delivered], tx: Transaction) -> None:
        for event in run:
            name = getattr(event.data, "display_name", "")
            if "poison" in name:
                raise RuntimeError(name)
            if "broken" in name:
                raise SoldOut(name)
            if "kill" in name:
                os._exit(9)
        rows = [(str(event.id), event.data.user_id) for event in run]
        execute_values(tx.cursor, "INSERT INTO effects (event_id, user_id) VALUES %s", rows)

    return routes


class SlowStart(DependencyProvider):
    """Takes SLOW_START seconds to get ready, before the parts that come after it."""

    def setup(self) -> None:
        """Waits."""
        eventlet.sleep(float(os.environ.get("SLOW_START", "0")))


class ExampleService:
    """Methods for each way a call can go."""

    name = "notify"

    slow_start = SlowStart()

    app = green.Application()
    events = green.consume_events()
    other = green.RpcCaller("users")

    @green.rpc
    def echo(self, principal, payload):
        """The payload back."""
        return payload

    @green.rpc
    def refuse(self, principal, payload):
        """A typed refusal."""
        raise SoldOut("no more tea", left=0)

    @green.rpc
    def fail(self, principal, payload):
        """An error nobody foresaw."""
        raise ZeroDivisionError("secret inside")

    @green.rpc
    def slow(self, principal, payload):
        """Takes `seconds`, then leaves a mark."""
        eventlet.sleep(payload["seconds"])
        self._mark(payload["mark"])
        return payload["mark"]

    @green.rpc
    def unserializable(self, principal, payload):
        """A result that JSON cannot say."""
        return object()

    @green.rpc
    def echo_many(self, principal, items):
        """Coalesced; an odd number is refused."""

        def one(principal, payload):
            if payload.get("number", 0) % 2:
                raise SoldOut("odd")
            return payload

        return green.many(items, one)

    @green.rpc
    def ask_other(self, principal, payload):
        """A call of the service's own."""
        return self.other("echo", principal, payload, timeout=1)

    def _mark(self, mark):
        with transaction(self.app.pool) as tx:
            tx.cursor.execute("INSERT INTO marks (mark) VALUES (%s)", (mark,))


def main() -> int:
    """The process."""
    settings = load_or_exit(ExampleSettings)
    pool = Pool(settings.postgres_dsn, name="example", size=4)
    return green.run(
        ExampleService,
        settings=settings,
        amqp_url=settings.amqp_url,
        application=App(pool),
        inbox=EventInbox("notify", pool, router()),
        workers=settings.workers,
        heartbeat=settings.heartbeat,
    )


if __name__ == "__main__":
    sys.exit(main())
