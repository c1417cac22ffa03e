"""The one publisher without an outbox: verified webhooks go straight to the bus, each confirmed and mandatory."""

import asyncio
import logging
from collections.abc import Sequence

import aio_pika
import msgspec
from aio_pika.abc import AbstractChannel, AbstractConnection

import contracts
from chassis import context
from chassis.aio import Bus
from chassis.aio.link import opened
from chassis.clock import now, rfc3339
from chassis.errors import Malformed, Unavailable
from chassis.ids import uuid7
from contracts.gateway import LineWebhookReceivedV1, SnsReceivedV1
from contracts.naming import event_exchange
from gateway.application.sns import Notice
from gateway.application.webhooks import LineEvent

log = logging.getLogger(__name__)

PATIENCE = 1.2  # seconds for all confirms, so that a 503 is sent within 1.5 s


class _Webhook(msgspec.Struct):
    destination: str
    events: list[msgspec.Raw]


class _Event(msgspec.Struct, rename="camel"):
    webhook_event_id: str


def parse_line(body: bytes) -> list[LineEvent]:
    """The events of a LINE webhook, each with the exact text it came in. Raises Malformed."""
    try:
        webhook = msgspec.json.decode(body, type=_Webhook)
        return [
            LineEvent(msgspec.json.decode(raw, type=_Event).webhook_event_id, webhook.destination, bytes(raw).decode())
            for raw in webhook.events
        ]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("not a LINE webhook") from None


class WebhookEvents:
    """Publishes to `gateway.events`. What is not confirmed in time is refused, and its sender tries again."""

    def __init__(self, bus: Bus) -> None:
        self._link = bus.publishing
        self._channel: AbstractChannel | None = None
        self._link.on_up(self._open)

    async def _open(self, connection: AbstractConnection) -> None:
        self._channel = await opened(connection, publisher_confirms=True, on_return_raises=True)

    async def line(self, events: Sequence[LineEvent]) -> None:
        """Publishes LINE's events. Raises Unavailable."""
        received_at = rfc3339(now())
        await self.publish(
            [
                LineWebhookReceivedV1(
                    webhook_event_id=event.webhook_event_id,
                    destination=event.destination,
                    received_at=received_at,
                    body=event.body,
                )
                for event in events
            ]
        )

    async def sns(self, notice: Notice) -> None:
        """Publishes a notification of SNS. Raises Unavailable."""
        await self.publish(
            [
                SnsReceivedV1(
                    message_id=notice.message_id,
                    topic_arn=notice.topic_arn,
                    received_at=rfc3339(now()),
                    body=notice.body,
                )
            ]
        )

    async def publish(self, messages: Sequence[contracts.Message]) -> None:
        """Publishes all messages and waits for the broker's word on each. Raises Unavailable."""
        channel = self._channel
        if channel is None or not self._link.up.is_set():
            raise Unavailable("the bus cannot be reached")
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(self._publish(channel, message) for message in messages))
        except TimeoutError:
            raise Unavailable("the bus did not confirm in time") from None
        except (aio_pika.exceptions.AMQPError, ConnectionError, RuntimeError) as error:
            log.warning("a webhook could not be handed on: %s", type(error).__name__)
            raise Unavailable("the bus did not take it") from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise Unavailable("the bus went away") from None

    async def _publish(self, channel: AbstractChannel, message: contracts.Message) -> None:
        event_id, work = str(uuid7()), context.current()
        body = contracts.encode(
            message,
            event_id=event_id,
            time=rfc3339(now()),
            correlation_id=work.correlation_id,
            traceparent=work.traceparent,
        )
        exchange = await channel.get_exchange(event_exchange(message.source), ensure=False)
        await exchange.publish(
            aio_pika.Message(
                body,
                content_type=contracts.EVENT_CONTENT_TYPE,
                message_id=event_id,
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            ),
            message.topic,
            mandatory=bool(contracts.consumers(message.topic)),
        )
