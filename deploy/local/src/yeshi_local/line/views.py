"""How the controls and the phone page see the state: plain JSON."""

from typing import Any

import msgspec

from yeshi_local.line.faults import ACTIONS, Faults
from yeshi_local.line.model import Event, Group, Incoming, Payment, Person, Send
from yeshi_local.line.state import World, rfc3339


def person_view(world: World, person: Person) -> dict[str, Any]:
    """A user, with the chat's newest entry."""
    return msgspec.structs.asdict(person) | {"last": _last(world, person.id)}


def group_view(world: World, group: Group) -> dict[str, Any]:
    """A group, with the chat's newest entry."""
    return msgspec.structs.asdict(group) | {"last": _last(world, group.id)}


def send_view(send: Send) -> dict[str, Any]:
    """An accepted send."""
    return msgspec.structs.asdict(send) | {"at": rfc3339(send.at)}


def event_view(event: Event) -> dict[str, Any]:
    """A webhook event with its deliveries."""
    attempts = [msgspec.structs.asdict(attempt) | {"at": rfc3339(attempt.at)} for attempt in event.attempts]
    return {"id": event.id, "outcome": event.outcome, "event": event.body, "attempts": attempts}


def payment_view(payment: Payment) -> dict[str, Any]:
    """A LINE Pay transaction; ids are texts, for browsers round numbers of 19 digits."""
    return {
        "transactionId": str(payment.id),
        "orderId": payment.order_id,
        "amount": payment.amount,
        "currency": payment.currency,
        "state": payment.state,
        "refunded": payment.refunded,
        "captured": payment.captured,
        "created": rfc3339(payment.created),
        "page": f"/pay/{payment.page}",
    }


def chat_view(world: World, chat: str, limit: int = 0) -> list[dict[str, Any]]:
    """A chat's messages, oldest first, one entry per message object."""
    shown: list[dict[str, Any]] = []
    entries = world.timeline[chat]
    for entry in entries[-limit:] if limit else entries:
        if isinstance(entry, Send):
            for number, message in zip(entry.ids, entry.messages, strict=True):
                shown.append(
                    {
                        "from": "bot",
                        "id": number,
                        "at": rfc3339(entry.at),
                        "kind": entry.kind,
                        "retry_key": entry.retry_key,
                        "request_id": entry.request_id,
                        "silent": entry.silent,
                        "message": message,
                    }
                )
        else:
            shown.append(
                {
                    "from": entry.user,
                    "id": str(entry.seq),
                    "at": rfc3339(entry.at),
                    "kind": entry.type,
                    "event_id": entry.event_id,
                    "message": _shown(entry),
                }
            )
    return shown


def state_view(world: World, faults: Faults) -> dict[str, Any]:
    """Everything the phone page lists."""
    return {
        "version": world.version,
        "now": rfc3339(world.now()),
        "bot": {"userId": world.bot_user_id, "name": "夜市 Yeshi"},
        "users": [person_view(world, person) for person in list(world.people)[-200:]],
        "groups": [group_view(world, group) for group in list(world.groups)[-100:]],
        "settings": msgspec.to_builtins(world.options),
        "used": world.used(),
        "counts": {"sends": len(world.sends), "events": len(world.events), "users": len(world.people)},
        "sends": [_short(send) for send in list(world.sends)[-12:]],
        "events": [event_view(event) for event in list(world.events)[-12:]],
        "payments": [payment_view(payment) for payment in list(world.payments)[-12:]],
        "faults": msgspec.to_builtins(faults.rules),
        "actions": sorted(ACTIONS),
    }


def _short(send: Send) -> dict[str, Any]:
    return {
        "kind": send.kind,
        "at": rfc3339(send.at),
        "retry_key": send.retry_key,
        "tries": send.tries,
        "to": send.to[:3],
        "recipients": len(send.to),
        "counted": send.counted,
        "text": _summary(send.messages[-1]),
    }


def _shown(entry: Incoming) -> dict[str, Any]:
    if entry.type == "message":
        return entry.content["message"]
    if entry.type == "postback":
        data = entry.content["postback"]
        return {"type": "postback", "text": data.get("displayText") or "", "data": data["data"]}
    return {"type": "event", "text": entry.type}


def _last(world: World, chat: str) -> dict[str, Any] | None:
    entries = world.timeline.get(chat)
    if not entries:
        return None
    entry = entries[-1]
    message = entry.messages[-1] if isinstance(entry, Send) else _shown(entry)
    return {"at": rfc3339(entry.at), "text": _summary(message), "seq": entry.seq, "mine": isinstance(entry, Incoming)}


def _summary(message: dict[str, Any]) -> str:
    text = message.get("text") or message.get("altText") or message.get("data") or f"[{message.get('type', '?')}]"
    return str(text)[:80]
