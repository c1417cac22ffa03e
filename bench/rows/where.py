"""Where an order's time goes: PostgreSQL's statements, the broker's messages and each process's CPU."""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from typing import Any

import psycopg2

from bench.buying import Bought, check_out_only, on_schedule
from bench.figures import Row, number
from bench.groups import cpu_of_tree
from bench.world import SECOND_GATEWAY, World
from yeshi_local.servers import Postgres

SECONDS = 8
QUIET_RATE, QUIET_ORDERS = 50, 400
SHOWN = 16  # statements
STATEMENTS = """
    SELECT d.datname, s.calls, s.total_exec_time + s.total_plan_time, s.wal_bytes, s.query
      FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
     ORDER BY 3 DESC
"""
SPACES = re.compile(r"\s+")


def run(world: World, rounds: int) -> Row:
    """One closed and one open load with PostgreSQL's own statistics on, which cost some per cent themselves."""
    row = Row("where", "where an order's time goes")
    with _statistics(world) as cursor:
        busy = _load(world, cursor, row, "64 buyers", lambda: check_out_only(world.market, SECONDS))
        _load(world, cursor, row, "50 orders/s", lambda: on_schedule(world.market, QUIET_ORDERS, QUIET_RATE))
    row.add("orders/s with statistics on, 64 buyers", "orders/s", [busy.rate])
    return row


@contextlib.contextmanager
def _statistics(world: World) -> Iterator["psycopg2.extensions.cursor"]:
    """PostgreSQL counts its statements, with planning."""
    server = world.platform.machine.server("postgres")
    assert isinstance(server, Postgres)
    world.market.hang_up()
    with _connected(server.url) as cursor:
        cursor.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
    world.platform.stop("server-postgres")
    world.platform.start("server-postgres")
    for name in set(world.platform.names()) - {SECOND_GATEWAY}:
        world.platform.wait(name, 60)
    with _connected(server.url) as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        yield cursor


@contextlib.contextmanager
def _connected(url: str) -> Iterator["psycopg2.extensions.cursor"]:
    with contextlib.closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def _load(world: World, cursor: "psycopg2.extensions.cursor", row: Row, name: str, load: Any) -> Bought:
    platform = world.platform
    world.market.renew()
    asyncio.run(check_out_only(world.market, 2))  # plans and caches are warm
    platform.settle()
    pids = {one: platform.pid(one) for one in (*platform.names(), "server-rabbitmq", "server-postgres")}
    cursor.execute("SELECT pg_stat_statements_reset()")
    published, began = _published(world), {one: cpu_of_tree(pid) for one, pid in pids.items() if pid}
    bought: Bought = asyncio.run(load())
    platform.settle()
    orders = max(1, bought.settled)
    spent = {one: (cpu_of_tree(pids[one]) - before) * 1000 / orders for one, before in began.items()}
    cursor.execute(STATEMENTS)
    row.cpu[name] = {one: round(cost, 3) for one, cost in sorted(spent.items(), key=lambda x: -x[1]) if cost >= 0.01}
    row.notes.append(f"{name}: {bought.settled} orders, {(_published(world) - published) / orders:.2f} messages each.")
    row.notes.append(_table(cursor.fetchall(), orders))
    return bought


def _published(world: World) -> int:
    """Messages the broker has taken since it started."""
    return int(world.platform.rabbitmq.api("GET", "/api/overview")["message_stats"].get("publish", 0))


def _table(rows: list[tuple[Any, ...]], orders: int) -> str:
    total = sum(row[2] for row in rows)
    lines = ["| database | statement | calls an order | ms an order | WAL bytes an order |", "|---|---|---|---|---|"]
    for database, calls, spent, wal, query in rows[:SHOWN]:
        text = SPACES.sub(" ", query).strip().replace("|", "\\|")[:90]
        figures = (number(calls / orders), number(spent / orders), number(float(wal) / orders))
        lines.append(f"| {database} | `{text}` | {' | '.join(figures)} |")
    lines.append(f"| | all statements | {number(sum(row[1] for row in rows) / orders)} | {number(total / orders)} | |")
    return "\n".join(lines)
