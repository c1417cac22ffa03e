"""What every outbox holds, whatever database it lies in, and what the relay asks of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from chassis import clock, context
from chassis.ids import time_of
from contracts import Message, encode


@dataclass(frozen=True)
class Row:
    """One claimed event: `body` is its JSON as it goes on the wire."""

    id: UUID
    topic: str
    body: bytes


def wire_form(message: Message, identifier: UUID) -> bytes:
    """The JSON of an event made now, under the trace and the cause of the work that emits it."""
    work = context.current()
    return encode(
        message,
        event_id=str(identifier),
        time=clock.rfc3339(time_of(identifier)),
        correlation_id=work.correlation_id,
        causation_id=work.causation_id,
        traceparent=work.traceparent,
    )


class OutboxFeed(Protocol):
    """One database's outbox as the relay sees it.

    Every method is one short piece of work of its own, blocks its thread, and raises Unavailable or one of `errors`
    when the database cannot do it now. Rows are claimed with a lease, so several relays are safe.
    """

    errors: tuple[type[Exception], ...]

    def claim(
        self, limit: int = 500, lease: timedelta = timedelta(seconds=30), published: Sequence[UUID] = ()
    ) -> list[Row]:
        """Marks rows the broker has confirmed, then leases the oldest that nobody else has, ordered by id."""

    def mark_published(self, ids: Iterable[UUID]) -> None:
        """The broker has confirmed these rows."""

    def mark_returned(self, ids: Iterable[UUID], error: str, pause: timedelta = timedelta(seconds=5)) -> None:
        """No queue took these rows: they stay unpublished and are tried again after a pause."""

    def release(self, ids: Iterable[UUID]) -> None:
        """Gives claimed rows back at once."""

    def backlog(self) -> tuple[int, float]:
        """How many rows wait, and for how many seconds the oldest has."""

    def wait(self, seconds: float) -> None:
        """Returns when somebody may have committed events, at the latest after about so many seconds."""

    def maintain(self) -> None:
        """Keeps what the outbox lies in: makes room ahead and drops what is old."""

    def close(self) -> None:
        """Lets go of what waiting needs."""
