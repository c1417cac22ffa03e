"""The relay: nothing committed is lost, nothing published is forgotten, and two of them go well together."""

import asyncio
import json
import os
import time
from datetime import timedelta

import aio_pika
import pytest

from chassis.ids import uuid7
from chassis.plain.publisher import bundles
from chassis.postgres import Pool, transaction
from chassis.postgres.feed import SETTINGS
from chassis.postgres.outbox import CLAIM, Outbox, Row
from contracts import MAX_BUNDLE_BYTES, notify, users
from yeshi_local.kit.service import ServiceProcess
from yeshi_local.testing import ready, until

CHANGED = users.SellerChangedV1(
    user_id="u-1", version=1, state="approved", display_name="阿明", changed_at="2026-12-01T12:00:00Z"
)
RUNG = notify.BellChangedV1(user_id="u-1", seq=1, unread_count=1)


@pytest.fixture
def pool(world):
    made = Pool(world.dsn, name="test", size=4)
    yield made
    made.close()


def emit(pool, number: int, message=CHANGED) -> None:
    with transaction(pool) as tx:
        for _ in range(number):
            tx.emit(message)


def relay(world, tmp_path, url: str | None = None, wait: bool = True, **environment: str) -> ServiceProcess:
    program = ServiceProcess(
        ["-m", "chassis.relay"],
        log=tmp_path / f"relay-{len(world.programs)}.log",
        environment={
            "AMQP_URL": url or world.amqp_url,
            "RELAY_DSNS": json.dumps({"example": world.dsn}),
            **environment,
        },
    )
    program.start()
    world.programs.append(program)
    if wait:
        program.until_ready()
    return program


def waiting(world) -> int:
    return world.rows("SELECT count(*) FROM outbox WHERE published_at IS NULL")[0][0]


def test_what_is_committed_arrives_in_bundles_and_takes_effect_once(world, pool, tmp_path):
    emit(pool, 1000)
    relay(world, tmp_path)
    until(lambda: waiting(world) == 0)
    assert world.depth() <= 12  # a hundred to a message; the first claims may be smaller
    world.start()
    until(lambda: world.effects() == 1000)


def test_a_notification_wakes_it_before_the_poll(world, pool, tmp_path):
    relay(world, tmp_path)
    waits = []
    for _ in range(10):
        emit(pool, 1)
        started = time.monotonic()
        until(lambda: waiting(world) == 0)
        waits.append(time.monotonic() - started)
    assert sorted(waits)[5] < 0.5  # polling alone would take half a second and more


def test_a_rolled_back_change_is_never_told(world, pool, tmp_path):
    def change() -> None:
        with transaction(pool) as tx:
            tx.emit(CHANGED)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert world.rows("SELECT count(*) FROM outbox") == [(0,)]


def test_a_death_between_confirm_and_mark_sends_again_and_counts_once(world, pool, tmp_path):
    emit(pool, 50)
    first = relay(world, tmp_path, wait=False, CRASH_AT="outbox.after_publish")
    until(lambda: not first.running)
    assert waiting(world) == 50
    with pool.connection() as connection, connection, connection.cursor() as cursor:
        cursor.execute("UPDATE outbox SET leased_until = now()")  # instead of waiting for the lease to end
    relay(world, tmp_path)
    until(lambda: waiting(world) == 0)
    world.start()
    until(lambda: world.effects() == 50 and world.depth() == 0)
    assert world.rows("SELECT count(*) FROM inbox") == [(50,)]


def test_a_claim_finds_its_rows_by_key_when_the_statistics_know_of_nothing_that_waits(world, pool):
    emit(pool, 2000)
    with pool.connection() as connection, connection, connection.cursor() as cursor:
        cursor.execute("UPDATE outbox SET published_at = now()")
        cursor.execute("ANALYZE outbox")
    emit(pool, 2000)  # as after an hour without the broker
    relays = Pool(world.dsn, name="relays", size=1, settings=SETTINGS)
    with relays.connection() as connection, connection, connection.cursor() as cursor:
        cursor.execute(b"EXPLAIN (ANALYZE) " + CLAIM.on(cursor, timedelta(seconds=30), 500))
        plan = "\n".join(line for (line,) in cursor.fetchall())
    relays.close()
    assert "rows=500" in plan
    assert "Loop" not in plan
    assert "Join" not in plan


def test_two_relays_claim_no_row_twice(world, pool):
    emit(pool, 2000)
    outbox = Outbox(pool)

    async def claim_all() -> list[list[Row]]:
        return await asyncio.gather(*(asyncio.to_thread(outbox.claim, 250) for _ in range(8)))

    claimed = [row.id for rows in asyncio.run(claim_all()) for row in rows]
    assert len(claimed) == len(set(claimed)) == 2000


def test_two_relays_and_two_services_still_count_once(world, pool, tmp_path):
    relay(world, tmp_path)
    relay(world, tmp_path)
    world.start()
    world.start()
    for _ in range(20):
        emit(pool, 50)
    until(lambda: world.effects() == 1000)
    until(lambda: waiting(world) == 0)


def test_a_row_that_commits_late_is_not_skipped(world, pool, tmp_path):
    relay(world, tmp_path)
    with transaction(pool) as late:
        late.emit(CHANGED)  # its id is made now, it commits last
        emit(pool, 5)
        until(lambda: waiting(world) == 0)
    until(lambda: waiting(world) == 0 and world.rows("SELECT count(*) FROM outbox") == [(6,)])


def test_an_event_that_no_queue_takes_stays_and_is_said(world, pool, tmp_path):
    async def unbind() -> None:
        async with await aio_pika.connect(world.amqp_url) as connection:
            channel = await connection.channel()
            for consumer in ("catalog", "notify"):
                queue = await channel.get_queue(f"{consumer}.events.v1")
                await queue.unbind("users.events", CHANGED.topic)

    asyncio.run(unbind())
    emit(pool, 1)
    program = relay(world, tmp_path)
    until(lambda: "returned" in str(world.rows("SELECT last_error FROM outbox")))
    assert "were returned" in program.said()
    assert waiting(world) == 1


def test_an_event_that_only_gateways_hear_needs_none(world, pool, tmp_path):
    emit(pool, 3, RUNG)
    relay(world, tmp_path)
    until(lambda: waiting(world) == 0)


def test_a_bus_that_is_away_delays_and_loses_nothing(world, pool, tmp_path, rabbit_proxy):
    host, _, vhost = world.amqp_url.rpartition("/")
    url = f"{host.rpartition(':')[0]}:{rabbit_proxy.port}/{vhost}"
    program = relay(world, tmp_path, url)
    rabbit_proxy.refuse()
    until(lambda: not ready(program.health))
    emit(pool, 20)
    assert waiting(world) == 20
    rabbit_proxy.refuse(False)
    until(lambda: waiting(world) == 0, 45)
    world.start()
    until(lambda: world.effects() == 20)


def test_a_database_that_restarts_is_found_again(world, pool, tmp_path, postgres):
    program = relay(world, tmp_path)
    postgres.program.stop(2)
    until(lambda: not ready(program.health))
    postgres.program.start()
    until(lambda: ready(program.health))
    emit(pool, 5)
    until(lambda: waiting(world) == 0)


def row(topic: str, size: int) -> Row:
    return Row(uuid7(), topic, b"x" * size)


def test_bundles_hold_one_topic_a_hundred_events_and_256_kib():
    made = bundles([row("a", 10) for _ in range(250)] + [row("b", 10)])
    assert [(bundle.topic, len(bundle.rows)) for bundle in made] == [("a", 100), ("a", 100), ("a", 50), ("b", 1)]
    large = bundles([row("a", 100_000) for _ in range(5)])
    assert [len(bundle.rows) for bundle in large] == [2, 2, 1]
    assert all(sum(len(r.body) + 1 for r in bundle.rows) + 1 <= MAX_BUNDLE_BYTES for bundle in large)
    assert [len(bundle.rows) for bundle in bundles([row("a", 300_000), row("a", 10)])] == [1, 1]


def test_missing_settings_are_named_one_a_line(tmp_path):
    program = ServiceProcess(["-m", "chassis.relay"], log=tmp_path / "log", environment={"AMQP_URL": ""})
    program.environment.pop("RELAY_DSNS", None)
    assert "RELAY_DSNS" not in os.environ
    program.start()
    until(lambda: not program.running)
    assert program.process is not None
    assert program.process.returncode == 2
    assert "settings: RELAY_DSNS is not set" in program.said()
