"""A bell as notify keeps it, and what the gateway's streams say of it: for tests in an event loop, without a bus."""

import asyncio
import functools
import json
from collections.abc import Callable, Coroutine
from typing import Any

from chassis.errors import Unavailable
from gateway.adapters.bells import frame
from gateway.application.bell_streams import BellStream
from gateway.application.bells import BellHub, Change, Changes

USER = "u1"
PATIENCE = 10.0  # seconds for what must come


class Notify:
    """A bell as notify keeps it: a list of changes, each with an item or only a new count."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.unread = 0
        self.away = False
        self.asked: list[int] = []
        self.page = 200

    def ring(self) -> Change:
        """Something new."""
        seq = len(self.changes) + 1
        self.unread += 1
        item = {"notification_id": f"n{seq}", "seq": seq, "title": f"第 {seq} 則"}
        self.changes.append(Change(USER, seq, self.unread, item))
        return self.changes[-1]

    def read(self) -> Change:
        """All is read."""
        self.unread = 0
        self.changes.append(Change(USER, len(self.changes) + 1, 0, None))
        return self.changes[-1]

    async def list_after(self, user_id: str, seq: int) -> Changes:
        """A page of what came after this number. Raises Unavailable."""
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("notify is not there")
        self.asked.append(seq)
        items = [change.item for change in self.changes if change.seq > seq and change.item]
        complete = len(items) <= self.page
        return Changes(len(self.changes), self.unread, items[: self.page], complete)

    async def standing(self, user_id: str) -> tuple[int, int]:
        """The newest number, and how many are unread. Raises Unavailable."""
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("notify is not there")
        return len(self.changes), self.unread


def hub_of(notify: Notify, **more: Any) -> BellHub:
    """A gateway's hub that asks this bell; impatient unless told otherwise."""
    return BellHub(notify.list_after, notify.standing, frame, **{"patience": 0.01, **more})


async def heard(stream: BellStream, quiet: float = 0.05, *, upto: int | None = None) -> list[dict[str, Any]]:
    """Everything the stream says until it is quiet, and not before the event with the number `upto` has come."""
    raw = b""
    while data := await stream.next(quiet if upto is None else PATIENCE):
        raw += data
        if upto is not None and any(event["id"] == upto for event in parsed(raw)):
            upto = None
    return parsed(raw)


def parsed(raw: bytes) -> list[dict[str, Any]]:
    """Events of a stream: id, event and data of each."""
    events = []
    for block in raw.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        if lines:
            number = int(lines["id"]) if "id" in lines else None
            events.append({"id": number, "event": lines["event"], "data": json.loads(lines["data"])})
    return events


def ids(events: list[dict[str, Any]]) -> list[int]:
    """The numbers of the notifications among them."""
    return [event["id"] for event in events if event["event"] == "notification"]


def live(work: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """The test runs in an event loop of its own."""

    @functools.wraps(work)
    def test(*arguments: Any, **named: Any) -> None:
        asyncio.run(work(*arguments, **named))

    return test


async def opened(**more: Any) -> tuple[Notify, BellHub, BellStream]:
    """A bell nobody has rung, and a stream of it that has said so."""
    notify = Notify()
    hub = hub_of(notify, **more)
    stream = await hub.open(USER, "s1")
    assert await heard(stream, 0.01) == [{"id": 0, "event": "unread", "data": {"unread_count": 0}}]
    return notify, hub, stream
