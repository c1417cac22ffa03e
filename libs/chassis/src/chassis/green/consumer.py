"""The service's event queue, in batches of what has already arrived.

What a batch becomes is decided by `chassis.events.EventInbox`; here its outcomes are carried out: failed events go on
alone to a retry queue or the dead queue, confirmed, before their message is acknowledged.
"""

import logging
from typing import Any

from nameko.extensions import DependencyProvider

from chassis import settling
from chassis.errors import Unavailable
from chassis.events import EventInbox, Failed, Outcome, RawMessage
from chassis.green.loop import Loop, Session
from chassis.green.outgoing import Outgoing
from chassis.settling import BATCH
from contracts.naming import event_queue

log = logging.getLogger(__name__)


class EventConsumer(DependencyProvider):
    """Class attribute of a service that hears events. The handlers are those of the runtime's EventInbox."""

    def setup(self) -> None:
        """Prepares the loop on the service's one event queue."""
        runtime = self.container.config["runtime"]
        if runtime.inbox is None:
            raise TypeError(f"{runtime.service} consumes events, but run() was given no inbox")
        self._inbox: EventInbox = runtime.inbox
        self._queue = event_queue(runtime.service)
        self._failed = Outgoing(runtime.amqp_url, f"{runtime.service}-failed-events", confirm=True)
        self._pause = settling.Pause()
        self._loop = Loop(
            runtime.amqp_url,
            f"{runtime.service}-events",
            queue=self._queue,
            prefetch=2 * BATCH,
            most=BATCH,
            heartbeat=runtime.heartbeat,
            on_batch=self._on_batch,
        )
        runtime.readiness.add("events", lambda: self._loop.problem)

    def start(self) -> None:
        """Begins to consume."""
        self._loop.start(self.container)

    def stop(self) -> None:
        """Finishes the batch under way and acknowledges it."""
        self._loop.stop()
        self._failed.close()

    def kill(self) -> None:
        """At once."""
        self._loop.end()

    def _on_batch(self, session: Session, messages: list[Any]) -> None:
        outcomes = self._inbox.process([_raw(message) for message in messages])
        settled = [self._carry_out(outcome) for outcome in outcomes]
        done = settling.settled_run(settled)
        if done:  # the oldest tags of this channel, without a gap: one acknowledgement for all
            session.ack(messages[done - 1].delivery_tag, multiple=True)
        kept = []
        for message, ok in zip(messages[done:], settled[done:], strict=True):
            if ok:
                session.ack(message.delivery_tag)
            else:
                kept.append(message)
        pause = self._pause.after(settled=not kept)
        if kept:
            session.keep(kept, pause)

    def _carry_out(self, outcome: Outcome) -> bool:
        """Whether the message may be acknowledged."""
        if outcome.keep:
            return False
        try:
            for failed in outcome.failed:
                self._send_on(failed)
        except Unavailable as error:
            log.warning("a failed event stays where it is: %s", error)
            return False
        return True

    def _send_on(self, failed: Failed) -> None:
        self._failed.publish(
            failed.body,
            settling.exchange_of(failed),
            self._queue,
            mandatory=True,
            content_type=settling.CONTENT_TYPE,
            delivery_mode=2,
            application_headers=settling.headers_of(failed, self._queue),
        )


def consume_events() -> EventConsumer:
    """Declares that a service hears its events: `events = consume_events()`."""
    return EventConsumer()


def _raw(message: Any) -> RawMessage:
    body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
    headers = message.properties.get("application_headers") or {}
    return settling.raw(body, message.properties.get("content_type"), headers)
