"""Bad days, as things done to a platform."""

import asyncio
import time
from collections.abc import Callable, Sequence

import aio_pika
import pymongo

import contracts
from contracts.naming import event_exchange
from yeshi_local.platform import DATABASES, Platform

#: Every process type of ours that holds something; the double and the servers are not ours.
OURS = (
    "relay",
    "users",
    "users-work",
    "catalog",
    "catalog-work",
    "orders",
    "orders-work",
    "media",
    "media-work",
    "media-relay",
    "notify",
    "notify-work",
    "edge-gateway",
    "gateway",
    "gateway-2",
)

DOUBLES = ("line", "mailbox")
DEEP = b"[" * 20_000
POISON = (
    b"not json",
    b'{"specversion":"1.0"}',
    DEEP,
    b'{"specversion":"1.0","id":"x","source":"orders","type":"orders.order_placed.v1","subject":"s","time":"t","data":{}}',
    b'{"__type__":"datetime","__value__":"x"}',
    b"x" * 2_000_000,
)


def process_of(server: str) -> str:
    """Its name at the supervisor."""
    return server if server in DOUBLES else f"server-{server}"


def outage(server: str, seconds: float) -> Callable[[Platform], None]:
    """Stopped for so long, and started again."""

    def act(platform: Platform) -> None:
        platform.stop(process_of(server))
        time.sleep(seconds)
        platform.start(process_of(server))

    return act


def frozen(server: str, seconds: float) -> Callable[[Platform], None]:
    """There, and silent, for so long."""

    def act(platform: Platform) -> None:
        platform.freeze(process_of(server))
        time.sleep(seconds)
        platform.freeze(process_of(server), False)

    return act


def alarmed(seconds: float) -> Callable[[Platform], None]:
    """The broker blocks whoever publishes, for so long."""

    def act(platform: Platform) -> None:
        platform.rabbitmq.alarm(True)
        time.sleep(seconds)
        platform.rabbitmq.alarm(False)

    return act


def crash_postgres(platform: Platform) -> None:
    """SIGKILL to the server and its children: it recovers from its log when it is started again."""
    platform.kill("server-postgres")
    platform.wait("server-postgres")


def end_postgres_at_once(platform: Platform) -> None:
    """«Immediate» shutdown, as before a power cut: nothing is tidied up."""
    platform.quit("server-postgres")
    platform.wait("server-postgres")


def restart_in_turn(names: Sequence[str]) -> Callable[[Platform], None]:
    """SIGTERM and start, each when the one before is ready."""

    def act(platform: Platform) -> None:
        for name in names:
            platform.restart(name)

    return act


def restart_broker(platform: Platform) -> None:
    """Graceful: stopped, and started again."""
    platform.stop("server-rabbitmq")
    platform.start("server-rabbitmq")


def kill_broker(platform: Platform) -> None:
    """SIGKILL; it comes back by itself."""
    platform.kill("server-rabbitmq")
    platform.wait("server-rabbitmq")


def restart_postgres(platform: Platform) -> None:
    """Fast shutdown and start: every connection is lost at once."""
    platform.stop("server-postgres")
    platform.start("server-postgres")


def duplicate_everything(platform: Platform) -> None:
    """Publishes every event of every outbox once more, as singles."""
    rows: list[tuple[str, bytes]] = []
    for name in DATABASES:
        rows += [(topic, bytes(body)) for topic, body in platform.rows(name, "SELECT topic, body FROM outbox")]
    with pymongo.MongoClient(platform.values["mongo.url"]) as client:  # type: ignore[var-annotated]
        rows += [(row["topic"], bytes(row["body"])) for row in client["media"]["outbox"].find()]
    publish(platform, rows)


def send_poison(platform: Platform) -> int:
    """Sends what nobody can read to catalog, orders and notify, alone and inside a bundle; answers how many."""
    topics = ("orders.order_placed.v1", "catalog.stock_reserved.v1", "orders.order_confirmed.v1")
    publish(platform, [(topic, body) for topic in topics for body in POISON])
    inside = b"[" + b",".join([POISON[1], POISON[4]]) + b"]"
    publish(platform, [(topic, inside) for topic in topics], contracts.BUNDLE_CONTENT_TYPE)
    return len(topics) * (len(POISON) + 2)


def publish(
    platform: Platform, rows: list[tuple[str, bytes]], content_type: str = contracts.EVENT_CONTENT_TYPE
) -> None:
    """Publishes each (topic, body) at once, past every outbox, and returns when the broker has confirmed them all."""
    asyncio.run(_publish(platform, rows, content_type))


async def _publish(platform: Platform, rows: list[tuple[str, bytes]], content_type: str) -> None:
    async with await aio_pika.connect(platform.values["amqp.admin"]) as connection:
        channel = await connection.channel()
        exchanges = {source: await channel.get_exchange(event_exchange(source)) for source in _sources(rows)}
        for start in range(0, len(rows), 200):
            await asyncio.gather(
                *(
                    exchanges[contracts.TOPICS[topic].source].publish(
                        aio_pika.Message(body, content_type=content_type, delivery_mode=2), topic, mandatory=False
                    )
                    for topic, body in rows[start : start + 200]
                )
            )


def _sources(rows: list[tuple[str, bytes]]) -> set[str]:
    return {contracts.TOPICS[topic].source for topic, _ in rows}
