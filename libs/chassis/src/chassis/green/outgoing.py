"""Publishing from a green process: bounded in time whatever the broker does, on connections that nobody consumes on."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import amqp
import eventlet
from eventlet.semaphore import Semaphore

from chassis.errors import Unavailable
from chassis.green.loop import BUS_ERRORS, BusTimeout, Connection

log = logging.getLogger(__name__)

T = TypeVar("T")


class Outgoing:
    """A connection opened when it is first needed, and anew when it broke. Publishes take turns."""

    def __init__(self, url: str, name: str, *, confirm: bool, timeout: float = 5.0) -> None:
        self._url = url
        self._name = name
        self._confirm = confirm
        self._timeout = timeout
        self._turn = Semaphore()
        self._connection: Connection | None = None

    def publish(
        self, body: bytes, exchange: str, routing_key: str, *, mandatory: bool = False, **properties: Any
    ) -> None:
        """Sends one message. With `confirm`, returns only after the broker's confirm.

        Raises Unavailable when it cannot be sent (it may have arrived all the same), or was returned.
        """
        message = amqp.Message(body, **properties)
        self._try(
            "publishing",
            lambda connection: connection.channel.basic_publish(message, exchange, routing_key, mandatory=mandatory),
        )

    def consumers(self, queue: str) -> int:
        """How many consumers a queue has; 0 when it does not exist. Raises Unavailable."""

        def ask(connection: Connection) -> int:
            try:
                with connection.amqp.channel() as probe:
                    return int(probe.queue_declare(queue, passive=True).consumer_count)
            except amqp.exceptions.NotFound:
                return 0

        return self._try("asking", ask)

    def _try(self, what: str, work: Callable[[Connection], T]) -> T:
        """A connection that broke while it rested is noticed at the first try: the second has a new one."""
        for attempt in (1, 2):
            try:
                with eventlet.Timeout(self._timeout, BusTimeout(what)), self._turn:
                    return work(self._open())
            except (*BUS_ERRORS, BusTimeout) as error:
                self._drop()
                if attempt == 2 or isinstance(error, BusTimeout):
                    raise Unavailable(f"the bus cannot be reached, {what}: {error}") from error
        raise AssertionError("the second try answers or raises")

    def close(self) -> None:
        """Ends the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> Connection:
        connection = self._connection
        if connection is not None and connection.readable():
            # What the broker says unasked on this connection is mostly its end.
            connection.drain(0.1)
        if connection is None or not connection.amqp.connected:
            connection = self._connection = Connection(self._url, self._name, 0, confirm=self._confirm)
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.drop()
