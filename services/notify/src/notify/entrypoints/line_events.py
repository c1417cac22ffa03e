"""LINE's webhook events, as far as notify cares. Bodies were verified at the door; what they hold is never logged."""

import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from chassis.clock import parse
from contracts.gateway import LineWebhookReceivedV1
from notify.domain.chat import Command, Friendship, Inbound, command_of

log = logging.getLogger(__name__)


class _Source(msgspec.Struct, rename="camel"):
    type: str = ""
    user_id: str | None = None


class _Message(msgspec.Struct):
    type: str = ""
    text: str = ""


class _Postback(msgspec.Struct):
    data: str = ""


class _Event(msgspec.Struct, rename="camel"):
    """One webhook event. Source: Messaging API reference, webhook event objects."""

    type: str
    timestamp: int
    mode: str = "active"
    source: _Source | None = None
    reply_token: str | None = None
    message: _Message | None = None
    postback: _Postback | None = None


_decoder = msgspec.json.Decoder(_Event)
_USER_ID = re.compile(r"U[0-9a-f]{32}")
_TOKEN = re.compile(r"[0-9A-Za-z_-]{1,200}")


def what_line_says(bodies: Sequence[LineWebhookReceivedV1]) -> tuple[list[Friendship], list[Inbound]]:
    """Who followed or blocked the account, and what is to be answered. What is not known here is passed over."""
    friendships: list[Friendship] = []
    inbound: list[Inbound] = []
    for data in bodies:
        try:
            event = _decoder.decode(data.body)
            at = datetime.fromtimestamp(event.timestamp / 1000, UTC)
            received = parse(data.received_at)
        except (msgspec.MsgspecError, ValueError, OverflowError, OSError):
            log.warning("a webhook event has a form that is not known here", extra={"event": data.webhook_event_id})
            continue
        user = event.source.user_id if event.source and event.source.type == "user" else None
        if user is None or not _USER_ID.fullmatch(user) or not _TOKEN.fullmatch(data.webhook_event_id):
            continue  # groups are not spoken to
        if event.type in ("follow", "unfollow"):
            friendships.append(Friendship(user, event.type == "unfollow", at))
        command = _asked(event)
        if command is not None and event.mode == "active" and _TOKEN.fullmatch(event.reply_token or ""):
            inbound.append(Inbound(data.webhook_event_id, user, command, event.reply_token or "", received))
    return friendships, inbound


def _asked(event: _Event) -> Command | None:
    if event.type == "follow":
        return Command.BIND
    if event.type == "message" and event.message is not None and event.message.type == "text":
        return command_of(event.message.text)
    if event.type == "postback" and event.postback is not None:
        return command_of(event.postback.data)
    return None
