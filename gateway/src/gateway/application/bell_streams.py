"""One open stream: a bounded queue of ready frames between the hub and a client's connection."""

import asyncio
from dataclasses import dataclass

from chassis.errors import Kind, Refusal
from gateway import measures

MOST_FRAMES = 256
MOST_BYTES = 256 * 1024


class TooManyStreams(Refusal):
    """This user has enough streams open."""

    code = "too_many_streams"
    kind = Kind.TOO_MANY


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes of one event, and the number of the change it tells."""

    seq: int
    data: bytes


class BellStream:
    """What one client is yet to be sent. `ended` says why the stream is over, once it is."""

    __slots__ = ("_begun", "_frames", "_last", "_position", "_size", "_waiter", "ended", "session_id", "user_id")

    def __init__(self, user_id: str, session_id: str) -> None:
        self.user_id = user_id
        self.session_id = session_id
        self.ended: str | None = None
        self._frames: list[Frame] = []
        self._size = 0
        self._begun = False
        self._last = False
        self._position = -1
        self._waiter: asyncio.Future[None] | None = None

    def begin(self, seq: int, frames: list[Frame], *, last: bool = False) -> None:
        """Starts with these frames. What was given meanwhile follows, as far as it is newer than `seq`.

        With `last` the stream is over after them: the client comes again with its last number.
        """
        if last:
            self._frames, self._last = frames, True
            self._wake()
            return
        later = [frame for frame in self._frames if frame.seq > seq]
        self._frames = [*frames, *later]
        self._size = sum(len(frame.data) for frame in self._frames)
        self._position = max(seq, *(frame.seq for frame in later)) if later else seq
        self._begun = True
        self._wake()

    def give(self, frame: Frame) -> None:
        """Another change. A client that does not keep up is let go, and resumes by its last number."""
        if self.ended or self._last or frame.seq <= self._position:
            return
        if self._begun:
            self._position = frame.seq
        self._frames.append(frame)
        self._size += len(frame.data)
        if len(self._frames) > MOST_FRAMES or self._size > MOST_BYTES:
            self.end("slow")
        self._wake()

    def end(self, reason: str) -> None:
        """Nothing more is sent."""
        if self.ended is None:
            self.ended = reason
            self._frames.clear()
            self._size = 0
            measures.streams_ended.labels(reason).inc()
        self._wake()

    async def next(self, timeout: float) -> bytes:
        """Everything that waits, joined; empty after `timeout` seconds of quiet, or when the stream has ended."""
        if not self._frames and self.ended is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(timeout):
                    await self._waiter
            except TimeoutError:
                return b""
            finally:
                self._waiter = None
        frames, self._frames, self._size = self._frames, [], 0
        measures.bells_written.inc(len(frames))
        if self._last:
            self.end("resume")
        return b"".join(frame.data for frame in frames)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
