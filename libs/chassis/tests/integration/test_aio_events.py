"""Events reach an asyncio service once, whatever is beside them in the queue and whoever dies meanwhile."""

import asyncio
import signal
import time

import pytest

import contracts
from chassis import dlq
from chassis.clock import now, rfc3339
from chassis.ids import lowest_at, uuid7
from contracts import catalog
from contracts.naming import event_queue, retry
from yeshi_local.testing import until

QUEUE = event_queue("edge-gateway")


def a_shop(name: str = "阿明的店", *, id: str | None = None) -> bytes:
    message = catalog.ShopChangedV1(
        shop_id="s-1", version=1, owner_id="u-1", name=name, kind="food", state="open", staff=[], shipping=[]
    )
    return contracts.encode(message, event_id=id or str(uuid7()), time=rfc3339(now()))


@pytest.fixture
def start(world):
    return lambda **environment: world.start("async_example.py", **environment)


@pytest.fixture
def send(world):
    def hand_over(*bodies: bytes, bundled: bool = False) -> None:
        form = contracts.BUNDLE_CONTENT_TYPE if bundled else contracts.EVENT_CONTENT_TYPE
        packed = (contracts.encode_bundle(bodies),) if bundled else bodies
        world.send(*packed, content_type=form, topic=catalog.ShopChangedV1)

    return hand_over


def dead(world) -> list[dlq.Dead]:
    return asyncio.run(dlq.listing(world.amqp_url))


def test_singles_and_bundles_are_alike_also_when_they_waited(world, start, send):
    send(*(a_shop() for _ in range(150)))
    start()
    send(*(a_shop() for _ in range(100)), bundled=True)
    until(lambda: world.effects() == 250)
    until(lambda: world.depth(QUEUE) == 0)


def test_copies_of_an_event_take_effect_once(world, start, send):
    start()
    start()
    copy = a_shop()
    send(*[copy] * 10)
    send(*[copy] * 10, bundled=True)
    send(a_shop())
    until(lambda: world.effects() == 2)
    until(lambda: world.depth(QUEUE) == 0)
    assert world.rows("SELECT count(*) FROM inbox") == [(2,)]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"not json", "Undecodable"),
        (a_shop().replace(b"catalog.shop_changed.v1", b"catalog.unheard_of.v1"), "does not listen"),
        (a_shop(id=str(lowest_at(now().replace(year=2020)))), "older than the inbox"),
        (a_shop("broken"), "SoldOut"),
    ],
    ids=["garbage", "topic", "old", "refused"],
)
def test_what_can_never_work_goes_to_the_dead_queue_and_its_neighbours_do_not(world, start, send, body, why):
    start()
    send(a_shop(), body, a_shop())
    until(lambda: world.effects() == 2)
    (one,) = until(lambda: dead(world))
    assert why in one.error
    assert one.queue == QUEUE


def test_poison_inside_a_bundle_is_retried_alone(world, start, send):
    program = start()
    send(a_shop(), a_shop("poison"), a_shop(), bundled=True)
    until(lambda: world.effects() == 2)
    until(lambda: "attempt 2" in program.said())  # after a second
    assert world.effects() == 2
    until(lambda: world.depth(retry(5)) == 1)
    assert dead(world) == []


@pytest.mark.parametrize("point", ["consumer.after_handler:2", "transaction.before_commit", "transaction.after_commit"])
def test_a_death_in_the_middle_of_a_batch_repeats_nothing_and_loses_nothing(world, start, send, point):
    first = start(CRASH_AT=point)
    send(*(a_shop() for _ in range(300)))
    until(lambda: not first.running)
    start()
    until(lambda: world.effects() == 300)
    until(lambda: world.depth(QUEUE) == 0)


def test_sigterm_finishes_the_batch_and_leaves_the_rest(world, start, send):
    program = start()
    send(*(a_shop() for _ in range(500)))
    assert program.stop(signal.SIGTERM) == 0
    until(lambda: world.effects() + world.depth(QUEUE) == 500)  # acknowledged exactly what took effect
    start()
    until(lambda: world.effects() == 500)


def test_a_database_that_is_frozen_costs_no_event_an_attempt(world, start, send, postgres):
    start()
    postgres.program.pause()
    try:
        send(*(a_shop() for _ in range(10)))
        time.sleep(8)  # longer than a statement may take
    finally:
        postgres.program.resume()
    until(lambda: world.effects() == 10, 40)
    assert dead(world) == []
    assert world.depth(retry(1)) == 0


def test_a_database_that_is_away_for_long_makes_no_event_poison(world, start, send, rabbitmq, postgres):
    rabbitmq.few_returns(world.amqp_url)
    program = start()
    postgres.program.stop(2)
    try:
        send(*(a_shop() for _ in range(100)))
        until(lambda: program.said().count("events wait for the database") > 4)
    finally:
        postgres.program.start()
    until(lambda: world.effects() == 100, 40)
    until(lambda: world.depth(QUEUE) == 0)
    assert dead(world) == []


def test_a_connection_cut_under_a_batch_repeats_nothing_and_loses_nothing(world, start, send, rabbit_proxy):
    host, _, vhost = world.amqp_url.rpartition("/")
    start(AMQP_URL=f"{host.rpartition(':')[0]}:{rabbit_proxy.port}/{vhost}")
    for _ in range(5):
        send(*(a_shop() for _ in range(60)))
        rabbit_proxy.cut()
    until(lambda: world.effects() == 300)
    until(lambda: world.depth(QUEUE) == 0)
