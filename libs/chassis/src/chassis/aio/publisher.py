"""Publishing events: pipelined, confirmed, `mandatory` where somebody durable must hear, bundled when many wait."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange

import contracts
from chassis.aio.link import Link, _cancelled
from chassis.errors import Unavailable
from chassis.outbox import Row
from contracts.naming import event_exchange

CONFIRM_TIMEOUT = 5.0  # seconds


@dataclass
class Published:
    """What became of rows: confirmed by the broker, returned by it (no queue took them), or unknown (in neither)."""

    confirmed: list[UUID] = field(default_factory=list)
    returned: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bundle:
    """Rows of one topic that travel as one AMQP message."""

    topic: str
    rows: tuple[Row, ...]


def bundles(rows: Iterable[Row]) -> list[Bundle]:
    """Groups rows by topic, each topic in its order, up to the contract's size; a larger event travels alone."""
    open_groups: dict[str, list[Row]] = {}
    sizes: dict[str, int] = {}
    done: list[Bundle] = []
    for row in rows:
        group = open_groups.setdefault(row.topic, [])
        size = sizes.get(row.topic, 1) + len(row.body) + 1
        if group and (len(group) >= contracts.MAX_BUNDLE_EVENTS or size > contracts.MAX_BUNDLE_BYTES):
            done.append(Bundle(row.topic, tuple(group)))
            group.clear()
            size = 2 + len(row.body)
        group.append(row)
        sizes[row.topic] = size
    done += [Bundle(topic, tuple(group)) for topic, group in open_groups.items() if group]
    return done


class Publisher:
    """Publishes outbox rows over a link of its own."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._channel: AbstractChannel | None = None
        self._exchanges: dict[str, AbstractExchange] = {}  # of the channel
        link.on_up(self._open)

    async def _open(self, connection: AbstractConnection) -> None:
        self._exchanges = {}
        self._channel = await connection.channel(publisher_confirms=True, on_return_raises=True)

    async def publish(self, rows: Sequence[Row]) -> Published:
        """Sends all rows at once and waits for the broker's word on each message.

        Raises Unavailable when the bus is away before anything was sent; rows in neither list may have arrived.
        """
        if not self._link.up.is_set() or self._channel is None:
            raise Unavailable("the bus cannot be reached")
        outcome = Published()
        await asyncio.gather(*(self._publish(self._channel, bundle, outcome) for bundle in bundles(rows)))
        return outcome

    async def _exchange(self, channel: AbstractChannel, source: str) -> AbstractExchange:
        if source not in self._exchanges:
            self._exchanges[source] = await channel.get_exchange(event_exchange(source), ensure=False)
        return self._exchanges[source]

    async def _publish(self, channel: AbstractChannel, bundle: Bundle, outcome: Published) -> None:
        single = len(bundle.rows) == 1
        message = aio_pika.Message(
            bundle.rows[0].body if single else contracts.encode_bundle(row.body for row in bundle.rows),
            content_type=contracts.EVENT_CONTENT_TYPE if single else contracts.BUNDLE_CONTENT_TYPE,
            message_id=str(bundle.rows[0].id),
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        topic = contracts.TOPICS.get(bundle.topic)
        source = topic.source if topic else bundle.topic.partition(".")[0]
        mandatory = bool(topic and contracts.consumers(bundle.topic))
        ids = [row.id for row in bundle.rows]
        try:
            exchange = await self._exchange(channel, source)
            await exchange.publish(message, bundle.topic, mandatory=mandatory, timeout=CONFIRM_TIMEOUT)
        except aio_pika.exceptions.PublishError as error:
            outcome.returned.update(dict.fromkeys(ids, f"returned by the broker: {error}"))
        except asyncio.CancelledError:
            if _cancelled():
                raise  # otherwise the connection was lost under us: unknown, the lease decides
        except (aio_pika.exceptions.AMQPError, ConnectionError, TimeoutError, RuntimeError):
            return  # unknown: sent again when the lease ends, and recognised by the inboxes
        else:
            outcome.confirmed.extend(ids)
