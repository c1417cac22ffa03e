"""Events reach a green service once, whatever is beside them in the queue and whoever dies meanwhile."""

import asyncio
import contextlib
import signal
import time

import psycopg2
import pytest

import contracts
from chassis import dlq
from chassis.clock import now
from chassis.ids import lowest_at
from chassis.testing.events import an_event
from contracts.naming import event_queue, retry
from yeshi_local.testing import until

QUEUE = event_queue("notify")


def bundle(*bodies: bytes) -> dict:
    return {"bodies": (contracts.encode_bundle(bodies),), "content_type": contracts.BUNDLE_CONTENT_TYPE}


def dead(world) -> list[dlq.Dead]:
    return asyncio.run(dlq.listing(world.amqp_url))


def test_an_event_published_before_its_consumer_first_starts_is_heard(world):
    world.send(an_event())
    world.start()
    until(lambda: world.effects() == 1)


def test_singles_and_bundles_are_alike(world):
    world.start()
    world.send(*(an_event() for _ in range(150)))
    packed = bundle(*(an_event() for _ in range(100)))
    world.send(*packed["bodies"], content_type=packed["content_type"])
    until(lambda: world.effects() == 250)
    until(lambda: world.depth() == 0)


def test_twenty_copies_of_an_event_take_effect_once(world):
    world.start()
    world.start()
    copy = an_event()
    world.send(*[copy] * 10)
    packed = bundle(*[copy] * 10)
    world.send(*packed["bodies"], content_type=packed["content_type"])
    world.send(an_event())
    until(lambda: world.effects() == 2)
    until(lambda: world.depth() == 0)
    assert world.rows("SELECT count(*) FROM inbox") == [(2,)]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"not json", "Undecodable"),
        (b'{"specversion":"1.0"}', "Undecodable"),
        (b"[" * 50_000, "Undecodable"),
        (an_event().replace(b"users.seller_changed.v1", b"users.unheard_of.v1"), "does not listen"),
        (an_event().replace(b'"version":1', b'"version":"one"'), "Undecodable"),
        (an_event().replace(b'"version":1', b'"version":{"__type__":"datetime","__value__":"x"}'), "Undecodable"),
        (an_event(id="6a1a4a3e-6fd2-4a55-93ea-0a6d3b1a6a11"), "not a UUIDv7"),
        (an_event(id=str(lowest_at(now().replace(year=2020)))), "older than the inbox"),
        (an_event("broken"), "SoldOut"),
    ],
    ids=["garbage", "no-fields", "deep", "topic", "type", "kombu-object", "id", "old", "refused"],
)
def test_what_can_never_work_goes_to_the_dead_queue_and_its_neighbours_do_not(world, body, why):
    world.start()
    world.send(an_event(), body, an_event())
    until(lambda: world.effects() == 2)
    (one,) = until(lambda: dead(world))
    assert why in one.error
    assert one.queue == QUEUE


def test_poison_inside_a_bundle_is_retried_alone(world):
    program = world.start()
    packed = bundle(an_event(), an_event("poison"), an_event())
    world.send(*packed["bodies"], content_type=packed["content_type"])
    until(lambda: world.effects() == 2)
    until(lambda: '"attempt":2' in program.said() or "attempt 2" in program.said())  # after a second
    assert world.effects() == 2
    until(lambda: world.depth(retry(5)) == 1)
    assert dead(world) == []


def test_a_dead_event_is_replayed_once_its_cause_is_mended(world):
    world.start()
    world.send(an_event("broken"))
    (one,) = until(lambda: dead(world))
    with contextlib.closing(psycopg2.connect(world.dsn)) as connection, connection:
        connection.cursor().execute("SELECT 1")
    for program in world.programs:
        program.stop()
    mended = an_event(id=one.id)
    assert asyncio.run(dlq.drop(world.amqp_url, {one.id})) == [one]
    world.send(mended)
    world.start()
    until(lambda: world.effects() == 1)
    assert dead(world) == []


def test_replay_sends_an_event_back_where_it_came_from(world):
    world.start()
    world.send(an_event("broken"))
    (one,) = until(lambda: dead(world))
    assert asyncio.run(dlq.replay(world.amqp_url, {one.id}, set())) == [one]
    until(lambda: [again.id for again in dead(world)] == [one.id])  # handled again, and refused again


def test_a_handler_that_kills_its_process_dooms_no_innocent_neighbour(world):
    """The broker counts every prefetched message at each death; only a low limit would bury the innocent."""
    world.send(*(an_event() for _ in range(20)), an_event("kill"))
    for _ in range(4):
        program = world.start(wait=False)
        until(lambda program=program: not program.running)
    assert dead(world) == []
    assert world.depth() + world.effects() >= 20


def test_sigkill_in_the_middle_of_a_batch_repeats_nothing_and_loses_nothing(world):
    first = world.start(CRASH_AT="consumer.after_handler:2")
    world.send(*(an_event() for _ in range(300)))
    until(lambda: not first.running)
    world.start()
    until(lambda: world.effects() == 300)
    until(lambda: world.depth() == 0)


@pytest.mark.parametrize("point", ["transaction.before_commit:3", "transaction.after_commit:3"])
def test_a_death_beside_the_commit_is_once_too(world, point):
    first = world.start(CRASH_AT=point)
    for _ in range(30):
        world.send(an_event())
    until(lambda: not first.running)
    world.start()
    until(lambda: world.effects() == 30)


def test_sigterm_finishes_the_batch_and_leaves_the_rest(world):
    program = world.start()
    world.send(*(an_event() for _ in range(500)))
    assert program.stop(signal.SIGTERM) == 0
    until(lambda: world.effects() + world.depth() == 500)  # acknowledged exactly what took effect
    world.start()
    until(lambda: world.effects() == 500)


def test_a_database_that_is_frozen_costs_no_event_an_attempt(world, postgres):
    world.start()
    postgres.program.pause()
    try:
        world.send(*(an_event() for _ in range(10)))
        time.sleep(8)  # longer than a statement may take
    finally:
        postgres.program.resume()
    until(lambda: world.effects() == 10, 40)
    assert dead(world) == []
    assert world.depth(retry(1)) == 0


def test_a_database_that_is_away_for_long_makes_no_event_poison(world, rabbitmq, postgres):
    rabbitmq.few_returns(world.amqp_url)
    program = world.start()
    world.send(*(an_event() for _ in range(10)))
    until(lambda: world.effects() == 10)
    postgres.program.stop(2)
    try:
        world.send(*(an_event() for _ in range(100)))
        until(lambda: program.said().count("events wait for the database") > 4)
    finally:
        postgres.program.start()
    until(lambda: world.effects() == 110, 40)
    until(lambda: world.depth() == 0)
    assert dead(world) == []


def test_events_kept_by_a_process_that_ends_come_again(world, postgres):
    program = world.start()
    postgres.program.stop(2)
    try:
        world.send(*(an_event() for _ in range(100)))
        until(lambda: "events wait for the database" in program.said())
        assert program.stop(signal.SIGTERM) == 0
    finally:
        postgres.program.start()
    until(lambda: world.depth() == 100)
    world.start()
    until(lambda: world.effects() == 100)


def test_a_calling_client_is_answered_although_the_service_was_killed_after_a_batch(world):
    """An unfinished call on a service that acknowledges a batch and is then killed: the call runs again elsewhere."""
    first = world.start()

    async def ask(bus):
        call = asyncio.create_task(bus.rpc("notify", "slow", None, {"seconds": 5, "mark": "again"}, timeout=30))
        await asyncio.sleep(0.5)
        await asyncio.to_thread(world.send, *(an_event() for _ in range(50)))
        await asyncio.to_thread(until, lambda: world.effects() == 50)
        assert not call.done()
        await asyncio.to_thread(first.kill)
        await asyncio.to_thread(world.start)
        return await call

    assert world.run(ask) == "again"
    assert world.rows("SELECT mark FROM marks") == [("again",)]
    assert world.effects() == 50
