"""What becomes of the messages a consumer took from its queue. No transport in here: green, async and plain share it.

Events of a batch share transactions of at most 500. When one fails, the batch is rolled back and run one by one, so
that only the event at fault goes to retry; what is broken for good goes to the dead queue; a database that is away
costs no event an attempt. One that ends a statement for taking too long is not away: without that difference an event
that always takes too long would hold up all others for ever.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable
from uuid import UUID

import contracts
from chassis import context, crashpoints, metrics
from chassis.errors import DatabaseUnavailable, Kind, Refusal, StatementTimeout
from chassis.ids import time_of
from contracts import Message
from contracts.naming import RETRY_DELAYS

if TYPE_CHECKING:
    from chassis.postgres import Pool

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)
T = TypeVar("T")


@dataclass(frozen=True)
class Delivered(Generic[M]):
    """One event as a handler gets it."""

    id: UUID
    topic: str
    time: str
    data: M
    work: context.Context


_Claim = Callable[[Any, str, Sequence[UUID]], set[UUID]]
Handler = Callable[[Sequence[Delivered], Any], None]
"""Takes a run of events and the open transaction of the consumer's database."""


@runtime_checkable
class Inbox(Protocol):
    """Where a consumer's effects are kept, together with the ids of the events it has seen."""

    def run(self, work: Callable[[Any], T]) -> T:
        """Does this work in one transaction, which is handed to it. Raises DatabaseUnavailable."""

    def window(self, tx: Any) -> tuple[datetime, datetime]:
        """From when and until when the inbox can remember, end exclusive."""

    def claim(self, tx: Any, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
        """The ids this consumer has not seen before. They are seen once the transaction commits."""

    def expect_new(self, tx: Any, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
        """As `claim`, without asking: all ids, and the transaction fails when one of them was seen before."""


class EventRouter:
    """Which handler takes which topic. A handler gets a run: consecutive events of one topic, in order."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    def on(self, *messages: type[Message]) -> Callable[[Handler], Handler]:
        """Decorator: this handler takes these topics."""

        def register(handler: Handler) -> Handler:
            self._handlers.update({message.topic: handler for message in messages})
            return handler

        return register

    def topics(self) -> frozenset[str]:
        """Everything somebody listens to."""
        return frozenset(self._handlers)

    def apply(self, events: Sequence[Delivered], tx: Any) -> None:
        """Hands each run of events to its handler, with the run's last event as the cause of what it emits."""
        for topic, run in groupby(events, key=lambda event: event.topic):
            batch = list(run)
            with context.bind(batch[-1].work):
                self._handlers[topic](batch, tx)


@dataclass(frozen=True)
class RawMessage:
    """What came off the wire. `attempt` is how often its event has failed before; it counts for singles only."""

    body: bytes
    content_type: str | None
    attempt: int = 0


@dataclass(frozen=True)
class Failed:
    """One event that goes on alone: to its queue again after `delay` seconds, or without a delay to the dead queue."""

    body: bytes
    error: str
    attempt: int
    delay: int | None


@dataclass
class Outcome:
    """What to do with one message: publish what failed, then acknowledge it. Or `keep` it and process it once more:
    the database is away, nothing is published, and what was committed already is recognised next time.
    """

    keep: bool = False
    failed: list[Failed] = field(default_factory=list)


class EventInbox:
    """Takes messages of one consumer and answers an outcome for each, in their order.

    `store` is a PostgreSQL pool or another database's Inbox.
    """

    def __init__(self, consumer: str, store: "Pool | Inbox", router: EventRouter, max_events: int = 500) -> None:
        self.consumer = consumer
        self._store = store if isinstance(store, Inbox) else _postgres(store)
        self._router = router
        self._max_events = max_events

    def process(self, messages: Sequence[RawMessage]) -> list[Outcome]:
        """Commits what can be committed. Never raises for what a message holds."""
        started = time.monotonic()
        outcomes = [Outcome() for _ in messages]
        work = [entry for entry in self._decoded(messages, outcomes) if entry is not None]
        metrics.event_batches.labels(self.consumer).observe(len(work))
        for start in range(0, len(work), self._max_events):
            self._settle(work[start : start + self._max_events], outcomes)
        metrics.event_seconds.labels(self.consumer).observe(time.monotonic() - started)
        crashpoints.reach(crashpoints.AFTER_HANDLER)
        return outcomes

    def _decoded(self, messages: Sequence[RawMessage], outcomes: list[Outcome]) -> "Iterator[_Work | None]":
        for index, message in enumerate(messages):
            try:
                bundle = contracts.is_bundle(message.content_type)
                bodies = contracts.decode_bundle(message.body) if bundle else [message.body]
            except contracts.Undecodable as error:
                self._dead(outcomes[index], message.body, message.attempt, error)
                continue
            for body in bodies:
                try:
                    yield _Work(index, body, message.attempt, self._delivered(body))
                except (contracts.Undecodable, ValueError) as error:
                    self._dead(outcomes[index], body, message.attempt, error)

    def _delivered(self, body: bytes) -> Delivered:
        event = contracts.decode(body)
        if event.type not in self._router.topics():
            raise contracts.Undecodable(f"{self.consumer} does not listen to {event.type[:80]!r}")
        identifier = UUID(event.id)
        time_of(identifier)
        data = contracts.data_of(event)
        work = context.Context(event.traceparent, event.correlationid, event.id)
        return Delivered(identifier, event.type, event.time, data, work)

    def _settle(self, work: "Sequence[_Work]", outcomes: list[Outcome], claim: "_Claim | None" = None) -> None:
        """Events are taken for new at first, which they mostly are; when that fails the inbox is asked."""
        try:
            self._commit(work, outcomes, claim or self._store.expect_new)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, its event is kept
            if isinstance(error, DatabaseUnavailable) and not isinstance(error, StatementTimeout):
                self._keep(work, outcomes, error)
                return
            if claim is None:
                self._settle(work, outcomes, self._store.claim)
                return
            if len(work) == 1:
                self._fail(work[0], outcomes[work[0].index], error)
                return
            log.warning("a batch of %s events failed and is run one by one: %s", len(work), error)
            for entry in work:
                self._settle([entry], outcomes, claim)

    def _commit(self, work: "Sequence[_Work]", outcomes: list[Outcome], claim: "_Claim") -> None:
        done, known = self._store.run(lambda tx: self._apply(work, tx, claim))
        metrics.events_handled.labels(self.consumer, "done").inc(done)
        metrics.events_handled.labels(self.consumer, "seen").inc(len(known) - done)
        judged = set(known)
        for entry in work:
            if entry.event.id not in judged:
                outside = ValueError("older than the inbox, or ahead")
                self._dead(outcomes[entry.index], entry.body, entry.attempt, outside)

    def _apply(self, work: "Sequence[_Work]", tx: Any, claim: "_Claim") -> tuple[int, list[UUID]]:
        """Hands on what is new, and answers how many that were and which ids the inbox can judge."""
        since, until = self._store.window(tx)
        known = [entry.event for entry in work if since <= time_of(entry.event.id) < until]
        fresh = claim(tx, self.consumer, [event.id for event in known]) if known else set()
        todo = []
        for event in known:
            if event.id in fresh:
                fresh.discard(event.id)  # the same event twice in one batch counts once
                todo.append(event)
        self._router.apply(todo, tx)
        return len(todo), [event.id for event in known]

    def _keep(self, work: "Sequence[_Work]", outcomes: list[Outcome], error: Exception) -> None:
        log.warning("%s events wait for the database: %s", len(work), error)
        metrics.events_handled.labels(self.consumer, "kept").inc(len(work))
        for entry in work:
            outcomes[entry.index].keep = True

    def _fail(self, entry: "_Work", outcome: Outcome, error: Exception) -> None:
        if isinstance(error, Refusal) and error.kind is not Kind.UNAVAILABLE:
            self._dead(outcome, entry.body, entry.attempt, error)
            return
        if entry.attempt >= len(RETRY_DELAYS):
            self._dead(outcome, entry.body, entry.attempt, error)
            return
        log.warning("event %s failed, attempt %s", entry.event.id, entry.attempt + 1, exc_info=error)
        metrics.events_handled.labels(self.consumer, "retried").inc()
        outcome.failed.append(Failed(entry.body, _words(error), entry.attempt + 1, RETRY_DELAYS[entry.attempt]))

    def _dead(self, outcome: Outcome, body: bytes, attempt: int, error: Exception) -> None:
        log.error("an event goes to the dead queue: %s", _words(error))
        metrics.events_handled.labels(self.consumer, "dead").inc()
        outcome.failed.append(Failed(body, _words(error), attempt, None))


@dataclass(frozen=True)
class _Work:
    index: int
    body: bytes
    attempt: int
    event: Delivered


def _postgres(pool: "Pool") -> Inbox:
    from chassis.postgres.inbox import PostgresInbox  # a service without PostgreSQL never loads its driver

    return PostgresInbox(pool)


def _words(error: Exception) -> str:
    """The error in one header-sized line."""
    return f"{type(error).__name__}: {error}".replace("\n", " ")[:500]
