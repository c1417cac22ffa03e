"""Where an event goes that its handler could not take, and what is acknowledged then. Any consumer of a queue uses it.

`chassis.events.EventInbox` decides what failed; a green or an async consumer publishes it, confirmed, by these rules.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.events import Failed, RawMessage
from contracts import EVENT_CONTENT_TYPE
from contracts.naming import DEAD, retry

BATCH = 64  # messages taken together
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds after a batch of which something had to be kept
CONTENT_TYPE = EVENT_CONTENT_TYPE


def raw(body: bytes, content_type: str | None, headers: Mapping[str, Any]) -> RawMessage:
    """A message as the inbox takes it; how often its event has failed stands in a header of ours."""
    attempt = headers.get("x-attempt", 0)
    return RawMessage(body, content_type, attempt if isinstance(attempt, int) else 0)


def exchange_of(failed: Failed) -> str:
    """A retry queue's exchange, or the dead queue's. The routing key is the queue the event came from."""
    return DEAD if failed.delay is None else retry(failed.delay)


def headers_of(failed: Failed, queue: str) -> dict[str, Any]:
    """What its next handler, or a person, must know of it."""
    return {"x-attempt": failed.attempt, "x-error": failed.error, "x-origin-queue": queue}


def settled_run(settled: Sequence[bool]) -> int:
    """How many of the oldest messages are done without a gap: one acknowledgement ends them all."""
    return next((index for index, done in enumerate(settled) if not done), len(settled))


class Pause:
    """Grows while messages have to be kept, and is short again after the first batch that was settled."""

    def __init__(self) -> None:
        self._next = FIRST_PAUSE

    def after(self, *, settled: bool) -> float:
        """Seconds to wait after a batch."""
        if settled:
            self._next = FIRST_PAUSE
            return 0.0
        pause, self._next = self._next, min(self._next * 2, LONGEST_PAUSE)
        return pause
