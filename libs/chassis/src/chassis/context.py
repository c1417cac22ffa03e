"""Where a piece of work comes from: its trace, correlation and cause. Follows threads, greenlets and tasks.

Source: W3C Trace Context, section 3.2 (traceparent).
"""

import os
import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

_TRACEPARENT = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
# A trace's id has to be rare, not secret: each request makes one, and the kernel is not asked.
_dice = random.Random()  # noqa: S311
os.register_at_fork(after_in_child=_dice.seed)
_ID = re.compile(r"^[0-9A-Za-z._-]{1,64}$")


@dataclass(frozen=True)
class Context:
    """Ids that travel with work. `traceparent` is W3C's header; the other two are ids of ours."""

    traceparent: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None

    @property
    def trace_id(self) -> str | None:
        """The 32 hex digits that name the whole trace."""
        return self.traceparent[3:35] if self.traceparent else None


_EMPTY = Context()
_current: ContextVar[Context] = ContextVar("yeshi_context", default=_EMPTY)


def current() -> Context:
    """The context of the work that runs now."""
    return _current.get()


def adopt(context: Context) -> None:
    """From now on the current thread, greenlet or task works in this context."""
    _current.set(context)


@contextmanager
def bind(context: Context) -> Iterator[Context]:
    """Runs the block in this context."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def caused_by(event_id: str) -> Context:
    """The current context, with this event as the cause of what follows."""
    return replace(current(), causation_id=event_id)


def new(correlation_id: str | None = None) -> Context:
    """A fresh trace, for work that nobody asked for over the wire."""
    return Context(f"00-{_dice.getrandbits(128):032x}-{_dice.getrandbits(64):016x}-01", correlation_id)


def from_headers(headers: Mapping[str, object]) -> Context:
    """The context in message headers; what is malformed is dropped, since anyone may have written it."""

    def known(name: str, pattern: re.Pattern[str]) -> str | None:
        value = headers.get(name)
        return value if isinstance(value, str) and pattern.match(value) else None

    return Context(known("traceparent", _TRACEPARENT), known("x-correlation-id", _ID), known("x-causation-id", _ID))


def to_headers(context: Context) -> dict[str, str]:
    """Message headers of this context; absent ids are left out."""
    named = {
        "traceparent": context.traceparent,
        "x-correlation-id": context.correlation_id,
        "x-causation-id": context.causation_id,
    }
    return {name: value for name, value in named.items() if value is not None}
