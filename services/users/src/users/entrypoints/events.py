"""The events users hears: of LINE's webhooks, the account links."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from chassis import clock, context
from chassis.errors import Invalid
from chassis.events import Delivered, EventRouter
from chassis.postgres import Transaction
from contracts import gateway
from users.adapters.unit_of_work import unit_in
from users.application.line import AccountLinked
from users.bootstrap import Users

_LINE_USER = re.compile(r"U[0-9a-f]{32}")
_LATEST = 2**42  # milliseconds; beyond the year 2100 it is no time of a webhook


class _Kind(msgspec.Struct):
    type: str = ""


class _Source(msgspec.Struct):
    user_id: str = msgspec.field(name="userId")


class _Link(msgspec.Struct):
    result: str
    nonce: str


class _AccountLink(msgspec.Struct):
    source: _Source
    link: _Link
    timestamp: int


_kind = msgspec.json.Decoder(_Kind)
_account_link = msgspec.json.Decoder(_AccountLink)


def router(users: Users) -> EventRouter:
    """Which use case takes which event."""
    routes = EventRouter()

    @routes.on(gateway.LineWebhookReceivedV1)
    def on_line_webhook(run: Sequence[Delivered[Any]], tx: Transaction) -> None:
        links = [(event, said) for event in run if (said := account_linked(event.data)) is not None]
        if not links:
            return
        unit = unit_in(tx)
        users.line.hold([said for _, said in links], unit)
        for event, said in links:
            with context.bind(event.work):
                users.line.linked(said, unit)

    return routes


def account_linked(webhook: gateway.LineWebhookReceivedV1) -> AccountLinked | None:
    """What an accountLink event says; None for all others. Raises Invalid, which ends the event's tries."""
    try:
        if _kind.decode(webhook.body).type != "accountLink":
            return None
        event = _account_link.decode(webhook.body)
    except msgspec.MsgspecError as error:
        raise Invalid(f"a LINE event cannot be read: {error}") from error
    if not _LINE_USER.fullmatch(event.source.user_id):
        raise Invalid("an account link without a LINE user")
    return AccountLinked(event.link.nonce, event.source.user_id, event.link.result == "ok", _moment(event.timestamp))


def _moment(milliseconds: int) -> datetime:
    """When it happened by LINE's clock, however late we hear of it."""
    if not 0 < milliseconds < _LATEST:
        return clock.now()
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
