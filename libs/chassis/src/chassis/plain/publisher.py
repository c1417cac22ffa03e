"""Publishing events: pipelined, confirmed, `mandatory` where somebody durable must hear, bundled when many wait."""

import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import amqp
import amqp.exceptions

import contracts
from chassis.errors import Unavailable
from chassis.outbox import Row
from contracts.naming import event_exchange

log = logging.getLogger(__name__)

HEARTBEAT = 10  # seconds
CONNECT_TIMEOUT = 4.0
CONFIRM_TIMEOUT = 5.0
BEAT_EVERY = 1.0  # how often it is looked whether a heartbeat is due
BUS_ERRORS = (OSError, amqp.exceptions.AMQPError)
PERSISTENT = 2


@dataclass
class Published:
    """What became of rows: confirmed by the broker, returned by it (no queue took them), or unknown (in neither)."""

    confirmed: list[UUID] = field(default_factory=list)
    returned: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bundle:
    """Rows of one topic that travel as one AMQP message."""

    topic: str
    rows: tuple[Row, ...]


def bundles(rows: Iterable[Row]) -> list[Bundle]:
    """Groups rows by topic, each topic in its order, up to the contract's size; a larger event travels alone."""
    open_groups: dict[str, list[Row]] = {}
    sizes: dict[str, int] = {}
    done: list[Bundle] = []
    for row in rows:
        group = open_groups.setdefault(row.topic, [])
        size = sizes.get(row.topic, 1) + len(row.body) + 1
        if group and (len(group) >= contracts.MAX_BUNDLE_EVENTS or size > contracts.MAX_BUNDLE_BYTES):
            done.append(Bundle(row.topic, tuple(group)))
            group.clear()
            size = 2 + len(row.body)
        group.append(row)
        sizes[row.topic] = size
    done += [Bundle(topic, tuple(group)) for topic, group in open_groups.items() if group]
    return done


class Publisher:
    """Publishes rows on a connection of its own, from one thread. A connection that broke is made anew by `connect`."""

    def __init__(self, url: str, name: str) -> None:
        self._name = name
        self._place = urlsplit(url)
        self._connection: amqp.Connection | None = None
        self._channel: Any = None
        self._looked = 0.0
        self._last_tag = 0
        self._unconfirmed: dict[int, Bundle] = {}  # by delivery tag
        self._refused: dict[str, str] = {}  # why, by message id: a return comes before its confirm
        self._outcome = Published()

    def connect(self) -> None:
        """Returns when there is a connection that lives, as far as anybody can tell. Raises Unavailable."""
        if self._connection is None:
            self._open()
        elif time.monotonic() - self._looked > BEAT_EVERY:
            self._look()

    def publish(self, rows: Sequence[Row]) -> Published:
        """Sends all rows at once and waits for the broker's word on each message.

        Raises Unavailable when the bus is away before anything was sent; rows in neither list may have arrived.
        """
        self.connect()
        # What the broker says of earlier rows from now on is not heard: they are sent again when their lease ends.
        self._unconfirmed.clear()
        self._refused.clear()
        self._outcome = Published()
        deadline = time.monotonic() + CONFIRM_TIMEOUT
        sent = False
        try:
            for bundle in bundles(rows):
                self._send(bundle)
                sent = True
            while self._unconfirmed and (left := deadline - time.monotonic()) > 0:
                self._hear(left)
        except BUS_ERRORS as error:
            self._drop()
            if not sent:
                raise Unavailable(f"the bus went away ({type(error).__name__}: {error})") from error
            log.warning("%s: bus is gone (%s: %s)", self._name, type(error).__name__, error)
        return self._outcome

    def close(self) -> None:
        """A farewell, for whose answer it waits 5 s at most."""
        if self._connection is not None:
            with suppress(*BUS_ERRORS):
                self._connection.close()
        self._drop()

    def _open(self) -> None:
        place = self._place
        connection = amqp.Connection(
            f"{place.hostname}:{place.port or 5672}",
            unquote(place.username or "guest"),
            unquote(place.password or "guest"),
            login_method="PLAIN",
            virtual_host=unquote(place.path[1:]) or "/",
            client_properties={"connection_name": self._name},
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=CONFIRM_TIMEOUT,
            write_timeout=CONFIRM_TIMEOUT,
            heartbeat=HEARTBEAT,
        )
        self._connection = connection
        try:
            connection.connect()
            self._channel = connection.channel()
            self._channel.confirm_select()
        except BUS_ERRORS as error:
            self._drop()
            raise Unavailable(f"the bus cannot be reached ({type(error).__name__}: {error})") from error
        self._channel.events["basic_ack"].add(self._confirmed)
        self._channel.events["basic_nack"].add(self._not_taken)
        self._channel.events["basic_return"].add(self._returned)
        self._last_tag = 0
        self._looked = time.monotonic()
        log.info("%s: bus is up", self._name)

    def _look(self) -> None:
        """Hears what was said unasked, mostly a farewell, and sends a heartbeat when one is due."""
        assert self._connection is not None
        try:
            with suppress(TimeoutError):
                self._connection.drain_events(timeout=0)
            self._connection.heartbeat_tick()
        except BUS_ERRORS as error:
            self._drop()
            raise Unavailable(f"the bus went away ({type(error).__name__}: {error})") from error
        self._looked = time.monotonic()

    def _hear(self, seconds: float) -> None:
        assert self._connection is not None
        with suppress(TimeoutError):
            self._connection.drain_events(timeout=seconds)

    def _send(self, bundle: Bundle) -> None:
        single = len(bundle.rows) == 1
        message = amqp.Message(
            bundle.rows[0].body if single else contracts.encode_bundle(row.body for row in bundle.rows),
            content_type=contracts.EVENT_CONTENT_TYPE if single else contracts.BUNDLE_CONTENT_TYPE,
            message_id=str(bundle.rows[0].id),
            delivery_mode=PERSISTENT,
        )
        topic = contracts.TOPICS.get(bundle.topic)
        source = topic.source if topic else bundle.topic.partition(".")[0]
        mandatory = bool(topic and contracts.consumers(bundle.topic))
        self._last_tag += 1
        self._unconfirmed[self._last_tag] = bundle
        self._channel.basic_publish(message, event_exchange(source), bundle.topic, mandatory=mandatory)

    def _confirmed(self, tag: int, multiple: bool) -> None:
        """Source: AMQP 0-9-1, RabbitMQ's publisher confirms: `multiple` speaks of all tags up to this one."""
        for one in self._up_to(tag, multiple):
            bundle = self._unconfirmed.pop(one)
            ids = [row.id for row in bundle.rows]
            reason = self._refused.pop(str(ids[0]), None)
            if reason is None:
                self._outcome.confirmed.extend(ids)
            else:
                self._outcome.returned.update(dict.fromkeys(ids, f"returned by the broker: {reason}"))

    def _not_taken(self, tag: int, multiple: bool) -> None:
        """The broker could not keep them: unknown, so they are sent again when their lease ends."""
        for one in self._up_to(tag, multiple):
            del self._unconfirmed[one]

    def _up_to(self, tag: int, multiple: bool) -> list[int]:
        known = self._unconfirmed
        return [one for one in known if one <= tag] if multiple else [one for one in (tag,) if one in known]

    def _returned(self, error: Exception, _exchange: str, _routing_key: str, message: Any) -> None:
        self._refused[message.properties["message_id"]] = str(error)

    def _drop(self) -> None:
        """Closes the socket without a word: a frozen or blocked broker would never answer one."""
        connection, self._connection, self._channel = self._connection, None, None
        self._unconfirmed.clear()
        self._refused.clear()
        if connection is not None:
            with suppress(Exception):  # it is broken already
                connection.collect()
