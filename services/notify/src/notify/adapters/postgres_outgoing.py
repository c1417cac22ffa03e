"""Deliveries and chat events as the service adds them, in the transaction of what caused them."""

from collections.abc import Sequence

from chassis.postgres import TransactionCursor
from notify.adapters.wakeup import CHANNEL
from notify.application.ports import NewDelivery
from notify.domain.chat import Inbound

DELIVER = """
    INSERT INTO deliveries (delivery_id, notification_id, user_id, channel, address, retry_key, next_try_at,
                            expires_at, locale)
    SELECT * FROM unnest(%(ids)s::uuid[], %(notifications)s::uuid[], %(users)s::uuid[], %(channels)s::text[],
                         %(addresses)s::text[], %(keys)s::uuid[], %(not_before)s::timestamptz[],
                         %(expires)s::timestamptz[], %(locales)s::text[])
"""
ANSWER = """
    INSERT INTO chat_inbox (webhook_event_id, line_user_id, command, reply_token, received_at)
    SELECT * FROM unnest(%(ids)s::text[], %(users)s::text[], %(commands)s::text[], %(tokens)s::text[],
                         %(received)s::timestamptz[])
        ON CONFLICT DO NOTHING
"""


class PostgresOutgoing:
    """New rows of `deliveries` and `chat_inbox`."""

    def __init__(self, cursor: TransactionCursor) -> None:
        self._cursor = cursor

    def deliver(self, deliveries: Sequence[NewDelivery]) -> None:
        """Adds deliveries and wakes the work process when the transaction commits."""
        self._cursor.write(
            DELIVER,
            {
                "ids": [str(one.id) for one in deliveries],
                "notifications": [str(one.notification_id) for one in deliveries],
                "users": [str(one.user_id) for one in deliveries],
                "channels": [one.channel.value for one in deliveries],
                "addresses": [one.address for one in deliveries],
                "keys": [str(one.retry_key) for one in deliveries],
                "not_before": [one.not_before for one in deliveries],
                "expires": [one.expires_at for one in deliveries],
                "locales": [one.locale.value for one in deliveries],
            },
        )
        self._cursor.tell(CHANNEL)

    def answer(self, inbound: Sequence[Inbound]) -> None:
        """Adds chat events to be answered."""
        self._cursor.write(
            ANSWER,
            {
                "ids": [one.event_id for one in inbound],
                "users": [one.line_user_id for one in inbound],
                "commands": [one.command.value for one in inbound],
                "tokens": [one.reply_token for one in inbound],
                "received": [one.received_at for one in inbound],
            },
        )
        self._cursor.tell(CHANNEL)
