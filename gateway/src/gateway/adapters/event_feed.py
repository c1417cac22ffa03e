"""What this replica hears on its own event queue, handed to whoever shows it."""

import logging
from collections.abc import Callable
from typing import Any

import contracts
from chassis.aio import Bus, EventStream

log = logging.getLogger(__name__)

Handler = Callable[[Any], None]


class EventFeed:
    """The gateway's events. Subscribe before `start`; each handler gets the topic's struct, in order."""

    def __init__(self, bus: Bus) -> None:
        self._handlers: dict[str, list[Handler]] = {}
        self._on_bound: list[Callable[[], None]] = []
        self._on_lost: list[Callable[[], None]] = []
        self.stream = EventStream(
            bus,
            contracts.topics_heard_by("gateway"),
            self._hear,
            on_bound=lambda: self._tell(self._on_bound),
            on_lost=lambda: self._tell(self._on_lost),
        )

    def on(self, message: type[contracts.Message], handler: Handler) -> None:
        """Hands each event of this topic to the handler."""
        self._handlers.setdefault(message.topic, []).append(handler)

    def on_bound(self, listener: Callable[[], None]) -> None:
        """Called whenever the queue is there: from then on nothing is missed."""
        self._on_bound.append(listener)

    def on_lost(self, listener: Callable[[], None]) -> None:
        """Called whenever the queue is gone: what was heard may have gaps."""
        self._on_lost.append(listener)

    @property
    def alive(self) -> bool:
        """Whether what was heard last is current, to the second."""
        return self.stream.alive

    def _hear(self, event: contracts.Event) -> None:
        handlers = self._handlers.get(event.type)
        if not handlers:
            return
        data = contracts.data_of(event)
        for handler in handlers:
            try:
                handler(data)
            except Exception:
                log.exception("a listener to %s failed", event.type)

    def _tell(self, listeners: list[Callable[[], None]]) -> None:
        for listener in listeners:
            try:
                listener()
            except Exception:
                log.exception("a listener to the queue failed")
