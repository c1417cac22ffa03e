"""Open bell streams: each user's changes in the order of their numbers, none missing, none twice."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from chassis.errors import Refusal, Unavailable
from gateway import measures
from gateway.application.bell_streams import BellStream, Frame, TooManyStreams

log = logging.getLogger(__name__)

PATIENCE = 0.05  # seconds that a missing change may be late before it is asked for
RETRY_EVERY = 1.0
MOST_PENDING = 1000
MOST_MISSED = 1000  # items that one stream begins with; a client that missed more comes again
MOST_ROUNDS = 5  # complete answers that did not close a gap, before it is given up


@dataclass(frozen=True)
class Change:
    """One change of a user's bell. `item` is absent when only read state changed."""

    user_id: str
    seq: int
    unread_count: int
    item: dict[str, Any] | None


@dataclass(frozen=True)
class Changes:
    """What a user's bell did after some number, up to `seq`. `complete` is false when there is more."""

    seq: int
    unread_count: int
    items: list[dict[str, Any]]
    complete: bool


ListAfter = Callable[[str, int], Awaitable[Changes]]
Standing = Callable[[str], Awaitable[tuple[int, int]]]  # of a user: (seq, unread_count)
Encode = Callable[[int | None, str, Any], bytes]  # id, event name, data


@dataclass
class _Bell:
    """One user with open streams. `seq` is what all of them were given, or will find in their queues."""

    user_id: str
    seq: int | None = None
    streams: set[BellStream] = field(default_factory=set)
    pending: dict[int, Change] = field(default_factory=dict)
    filling: "asyncio.Task[None] | None" = None
    doubtful: bool = False
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)  # so that a later stream never knows an older state


class BellHub:
    """Hands changes to the streams of their user."""

    def __init__(
        self,
        list_after: ListAfter,
        standing: Standing,
        encode: Encode,
        *,
        per_user: int = 20,
        total: int = 10_000,
        patience: float = PATIENCE,
    ) -> None:
        self._list_after = list_after
        self._standing = standing
        self._encode = encode
        self._per_user = per_user
        self._total = total
        self._patience = patience
        self._bells: dict[str, _Bell] = {}
        self._open = 0
        self.closed = False

    def __len__(self) -> int:
        return self._open

    async def open(self, user_id: str, session_id: str, after: int | None = None) -> BellStream:
        """A stream that begins with how the bell stands, or with everything after `after` that was missed.

        Raises TooManyStreams, Unavailable.
        """
        stream = self._enter(user_id, session_id)
        bell = self._bells[user_id]
        try:
            async with bell.opening:
                seq, frames, more = await self._beginning(user_id, after)
                if bell.seq is None:
                    bell.seq = seq
        except BaseException:
            self.leave(stream)
            raise
        if bell.doubtful:
            self._fill_soon(bell, at_once=True)
        else:
            self._drain(bell)
        stream.begin(seq, frames, last=more)
        return stream

    def leave(self, stream: BellStream) -> None:
        """The stream is gone. Leaving twice is leaving once."""
        bell = self._bells.get(stream.user_id)
        if bell is None or stream not in bell.streams:
            return
        bell.streams.discard(stream)
        self._open -= 1
        measures.streams.dec()
        if not bell.streams:
            del self._bells[stream.user_id]
            if bell.filling is not None:
                bell.filling.cancel()

    def heard(self, change: Change) -> None:
        """A change came over the bus."""
        bell = self._bells.get(change.user_id)
        if bell is None or (bell.seq is not None and change.seq <= bell.seq):
            return
        bell.pending[change.seq] = change
        if bell.seq is None:
            return
        if not bell.doubtful:
            self._drain(bell)
        if bell.pending:
            self._fill_soon(bell)

    def lost(self) -> None:
        """The queue is gone: from now on changes may be missing."""
        for bell in self._bells.values():
            bell.doubtful = True

    def bound(self) -> None:
        """The queue is there again: what was missed meanwhile is asked for."""
        for bell in self._bells.values():
            if bell.doubtful and bell.seq is not None:
                self._fill_soon(bell, at_once=True)

    def end_session(self, session_id: str) -> None:
        """Ends the streams of a session that was revoked."""
        for bell in list(self._bells.values()):
            for stream in list(bell.streams):
                if stream.session_id == session_id:
                    stream.end("revoked")

    def close(self) -> None:
        """Ends all streams; none is opened any more."""
        self.closed = True
        for bell in list(self._bells.values()):
            for stream in list(bell.streams):
                stream.end("shutdown")

    def _enter(self, user_id: str, session_id: str) -> BellStream:
        if self.closed or self._open >= self._total:
            raise Unavailable("no more streams can be opened here now")
        bell = self._bells.setdefault(user_id, _Bell(user_id))
        if len(bell.streams) >= self._per_user:
            raise TooManyStreams(f"at most {self._per_user} streams a user", retry_after=15)
        stream = BellStream(user_id, session_id)
        bell.streams.add(stream)
        self._open += 1
        measures.streams.inc()
        return stream

    async def _beginning(self, user_id: str, after: int | None) -> tuple[int, list[Frame], bool]:
        """Where a stream begins: a number, the frames up to it, and whether the client must come again for more."""
        if after is None:
            seq, unread = await self._standing(user_id)
            return seq, [Frame(seq, self._unread(seq, unread))], False
        frames: list[Frame] = []
        position = after
        while True:
            found = await self._list_after(user_id, position)
            if found.seq < position:  # a number that this bell never had
                return found.seq, [Frame(found.seq, self._unread(found.seq, found.unread_count))], False
            if not frames:
                frames.append(Frame(after, self._encode(None, "unread", {"unread_count": found.unread_count})))
            frames += [self._rung(item, found.unread_count) for item in found.items]
            position = max(position, *(int(item["seq"]) for item in found.items)) if found.items else position
            if found.complete or not found.items:
                if found.seq > position:
                    frames.append(Frame(found.seq, self._unread(found.seq, found.unread_count)))
                return found.seq, frames, False
            if len(frames) > MOST_MISSED:
                return position, frames, True

    def _drain(self, bell: _Bell) -> None:
        """Hands out what follows without a gap, and forgets what was handed out before."""
        if bell.seq is None:
            return
        for seq in [seq for seq in bell.pending if seq <= bell.seq]:
            del bell.pending[seq]
        while (change := bell.pending.pop(bell.seq + 1, None)) is not None:
            bell.seq = change.seq
            if change.item is None:
                self._give(bell, Frame(change.seq, self._unread(change.seq, change.unread_count)))
            else:
                self._give(bell, self._rung({**change.item, "seq": change.seq}, change.unread_count))

    def _give(self, bell: _Bell, frame: Frame) -> None:
        for stream in bell.streams:
            stream.give(frame)

    def _fill_soon(self, bell: _Bell, *, at_once: bool = False) -> None:
        if bell.filling is None or bell.filling.done():
            bell.filling = asyncio.create_task(self._fill(bell, 0 if at_once else self._patience))

    async def _fill(self, bell: _Bell, patience: float) -> None:
        """Asks for what is missing until nothing is. What follows waits in `pending`."""
        await asyncio.sleep(patience)
        rounds = 0
        while bell.streams and bell.seq is not None and (bell.pending or bell.doubtful):
            measures.bell_gaps.inc()
            try:
                found = await self._list_after(bell.user_id, bell.seq)
            except Refusal as error:
                log.warning("a gap in a bell waits: %s", error)
                self._bound(bell)
                await asyncio.sleep(RETRY_EVERY)
                continue
            complete = self._take(bell, found)
            rounds += complete
            if rounds > MOST_ROUNDS and bell.pending:
                log.error("the numbers of a bell have a hole that notify cannot fill")
                bell.seq = max(bell.seq, min(bell.pending) - 1)
            self._drain(bell)
            if complete and bell.pending:
                await asyncio.sleep(self._patience)

    def _take(self, bell: _Bell, found: Changes) -> bool:
        """Gives the items that were asked for; answers whether they were all."""
        if bell.seq is None:
            return True
        for item in found.items:
            if int(item["seq"]) > bell.seq:
                bell.seq = int(item["seq"])
                self._give(bell, self._rung(item, found.unread_count))
        if not found.complete and found.items:
            return False
        bell.doubtful = False
        if found.seq > bell.seq:
            bell.seq = found.seq
            self._give(bell, Frame(found.seq, self._unread(found.seq, found.unread_count)))
        return True

    def _bound(self, bell: _Bell) -> None:
        """While notify cannot be asked, no more is kept than asking will bring back."""
        if len(bell.pending) > MOST_PENDING:
            bell.pending.clear()
            bell.doubtful = True

    def _unread(self, seq: int, unread_count: int) -> bytes:
        return self._encode(seq, "unread", {"unread_count": unread_count})

    def _rung(self, item: dict[str, Any], unread_count: int) -> Frame:
        seq = int(item["seq"])
        return Frame(seq, self._encode(seq, "notification", {"item": item, "unread_count": unread_count}))
