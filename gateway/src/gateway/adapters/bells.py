"""What the bell hub asks notify, and how its events look on a stream."""

from typing import Any

import msgspec

from contracts.notify import BellChangedV1
from gateway.adapters.services import Services
from gateway.application.bells import Change, Changes

_encode = msgspec.json.Encoder().encode


def change(event: BellChangedV1) -> Change:
    """The hub's form of a bus event."""
    item = msgspec.to_builtins(event.item) if event.item else None
    return Change(event.user_id, event.seq, event.unread_count, item)


def frame(seq: int | None, event: str, data: Any) -> bytes:
    """One server-sent event. Source: WHATWG HTML, section 9.2.6."""
    number = b"" if seq is None else b"id: %d\n" % seq
    return number + b"event: " + event.encode() + b"\ndata: " + _encode(data) + b"\n\n"


class NotifyBells:
    """Asks notify about bells. Concurrent questions travel together."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def list_after(self, user_id: str, seq: int) -> Changes:
        """All changes after a number. Raises Unavailable."""
        found = await self._services.ask("notify", "list_after", None, {"user_id": user_id, "seq": seq})
        return Changes(found["seq"], found["unread_count"], found["items"], found.get("complete", True))

    async def standing(self, user_id: str) -> tuple[int, int]:
        """A bell's number and unread count. Raises Unavailable."""
        principal = {"user_id": user_id, "session_id": "", "roles": []}
        found = await self._services.ask("notify", "unread_count", principal, {})
        return found["seq"], found["unread_count"]
