"""A small service of ours on a bus of its own, beside the peer's, for what the bus itself costs."""

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

import psycopg2

from bench.world import EXAMPLE, World
from chassis.ids import uuid7
from chassis.outbox import Row, wire_form
from chassis.postgres.migrate import migrate
from contracts import users
from yeshi_local.ports import free_port
from yeshi_local.servers.process import Program
from yeshi_local.testing import ready, until

AT = "2026-12-01T12:00:00Z"
PEER = str(Path(__file__).parent / "peer" / "run.py")


def database(world: World, name: str) -> str:
    """A database with the outbox and the inbox, and the tables the example writes to. Answers its URL."""
    url = world.database(name)
    migrate(url)
    with contextlib.closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE effects (event_id uuid, user_id uuid); CREATE TABLE marks (mark text)")
    return url


def example(world: World, amqp_url: str, dsn: str) -> Program:
    """The chassis' example, a green service in notify's place, ready to serve."""
    port = free_port()
    environment = {
        "AMQP_URL": amqp_url,
        "POSTGRES_DSN": dsn,
        "HEALTH_HOST": "127.0.0.1",
        "HEALTH_PORT": str(port),
        "WORKERS": "32",
        "LOG_LEVEL": "WARNING",
    }
    made = world.program([sys.executable, str(EXAMPLE / "example.py"), "service"], "example", environment)
    until(lambda: ready(f"http://127.0.0.1:{port}"), 30)
    return made


def relay(world: World, amqp_url: str, dsn: str) -> Program:
    """A relay of this one database."""
    port = free_port()
    environment = {
        "AMQP_URL": amqp_url,
        "RELAY_DSNS": json.dumps({"bench": dsn}),
        "HEALTH_HOST": "127.0.0.1",
        "HEALTH_PORT": str(port),
    }
    made = world.program([sys.executable, "-m", "chassis.relay"], "relay", environment)
    until(lambda: ready(f"http://127.0.0.1:{port}"), 30)
    return made


def echo(world: World, amqp_url: str) -> Program:
    """The peer's service that does nothing, started."""
    made = world.program([sys.executable, PEER, "echo"], "echo", {"AMQP_URL": amqp_url})
    until(lambda: "echo started" in made.tail(), 30)
    return made


def rows(dsn: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    """The rows of a query; what it changed is committed."""
    with contextlib.closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        return cursor.fetchall() if cursor.description else []


def news(number: int) -> list[Row]:
    """Outbox rows of so many events of one topic, with fresh ids, about half a kilobyte each."""
    made = []
    for _ in range(number):
        identifier = uuid7()
        message = users.SellerChangedV1(
            user_id=str(identifier), version=1, state="approved", display_name="量" * 80, changed_at=AT
        )
        made.append(Row(identifier, message.topic, wire_form(message, identifier)))
    return made


def purge(world: World, queue: str, vhost: str = "bench") -> None:
    """Empties a queue."""
    world.platform.rabbitmq.api("DELETE", f"/api/queues/{vhost}/{queue}/contents")
