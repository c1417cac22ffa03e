"""A consuming connection that comes back by itself, and outgoing ones that never hang.

One greenlet reads a connection; everybody may write to it, under its lock. Stock kombu loops wait for a frozen broker's
farewell, back off up to 30 seconds, and hand undecodable bodies to nobody; here a lost connection is dropped without a
word, tried again after 0.2 to 3 seconds, and bodies are left to the one who understands them.
"""

import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import amqp.exceptions
import eventlet
import kombu
import kombu.exceptions
from eventlet import patcher
from eventlet.semaphore import Semaphore

log = logging.getLogger(__name__)

_select = patcher.original("select").select  # asked with no timeout, so it never blocks the hub

CONNECT_TIMEOUT = 4
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 3.0
IDLE = 0.5  # seconds a loop waits for a frame before it looks whether it should stop
# eventlet raises EOFError where a socket is read that another greenlet has closed
BUS_ERRORS = (OSError, EOFError, amqp.exceptions.AMQPError, kombu.exceptions.KombuError)


class BusTimeout(Exception):
    """The broker did not take it in time. Not an OSError: kombu would try those again by itself."""


class Connection:
    """One connection to the broker. `write` guards every write; `drop` ends it without asking the other side."""

    def __init__(self, url: str, name: str, heartbeat: int, *, confirm: bool = False) -> None:
        self._kombu = kombu.Connection(
            url,
            heartbeat=heartbeat,
            connect_timeout=CONNECT_TIMEOUT,
            transport_options={"confirm_publish": confirm, "client_properties": {"connection_name": name}},
        )
        with eventlet.Timeout(CONNECT_TIMEOUT + 1, BusTimeout("connecting")):
            self._kombu.connect()
        self.amqp: Any = self._kombu.connection
        self.lock = Semaphore()
        self.channel: Any = self.amqp.channel()

    def drain(self, timeout: float) -> bool:
        """Reads one frame's worth of events; False when none came within `timeout` seconds."""
        try:
            self.amqp.drain_events(timeout=timeout)
        except (TimeoutError, socket.timeout):  # noqa: UP041 - under eventlet they are not the same class
            return False
        return True

    def readable(self) -> bool:
        """Whether bytes are waiting."""
        return bool(_select([self.amqp.sock], [], [], 0)[0])

    def drop(self) -> None:
        """Closes the socket. A frozen or blocked broker would never answer a polite farewell."""
        with suppress(Exception):
            self.amqp.collect()
        with suppress(Exception):
            self._kombu.collect()

    def close(self) -> None:
        """A polite farewell with a limit, then `drop`."""
        with suppress(Exception), eventlet.Timeout(1, BusTimeout("closing")), self.lock:
            self.amqp.close()
        self.drop()


class Loop:
    """Consumes one queue in a greenlet of its own until it is stopped, on one connection after another.

    `on_batch` gets what has arrived: up to `most` messages, without waiting when fewer came. It runs in the reading
    greenlet; heartbeats go on beside it.
    """

    def __init__(
        self,
        url: str,
        name: str,
        *,
        queue: str,
        prefetch: int,
        most: int,
        heartbeat: int,
        on_batch: Callable[["Session", list[Any]], None],
        on_open: Callable[["Session"], None] = lambda session: None,
    ) -> None:
        self.queue = queue
        self.name = name
        self._url = url
        self._prefetch = prefetch
        self._most = most
        self._heartbeat = heartbeat
        self._on_batch = on_batch
        self._on_open = on_open
        self._ending = eventlet.Event()
        self._cancelling: eventlet.Event | None = None
        self.session: Session | None = None

    @property
    def problem(self) -> str | None:
        """None while the broker knows our consumer on the queue."""
        return None if self.session is not None else f"no consumer on {self.queue}"

    def run(self) -> None:
        """The greenlet's work."""
        pause = FIRST_PAUSE
        while not self._ending.ready() and self._cancelling is None:
            session = None
            try:
                session = Session(self, self._url, self._prefetch, self._heartbeat)
                self._on_open(session)
                session.consume()
                self.session = session
                pause = FIRST_PAUSE
                log.info("%s: consuming %s", self.name, self.queue)
                self._serve(session)
            except amqp.exceptions.NotFound:
                log.warning("%s: %s is not there yet; has topology run?", self.name, self.queue)
            except (*BUS_ERRORS, BusTimeout) as error:
                log.warning("%s: no bus (%s: %s), next try in %.1f s", self.name, type(error).__name__, error, pause)
            finally:
                self.session = None
                if session is not None:
                    session.end(politely=self._ending.ready())
            self._cancelled()
            self._ending.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        self._cancelled()

    def cancel(self) -> None:
        """Takes no new messages from now on, on no other connection either; returns when what had arrived is handed
        over.
        """
        if self._cancelling is None:
            self._cancelling = eventlet.Event()
        if not self._ending.ready():
            self._cancelling.wait()

    def start(self, container: Any) -> None:
        """Runs in a greenlet of the container's."""
        self._thread = container.spawn_managed_thread(self.run, identifier=self.name)

    def stop(self) -> None:
        """Ends the loop and returns when what it was doing is done and its connection closed."""
        self.end()
        if self._thread is not None:
            self._thread.wait()

    def end(self) -> None:
        """Asks the loop to end, without waiting for it."""
        if not self._ending.ready():
            self._ending.send(True)
        self._cancelled()

    _thread: Any = None

    def _cancelled(self) -> None:
        if self._cancelling is not None and not self._cancelling.ready():
            self._cancelling.send(True)

    def _serve(self, session: "Session") -> None:
        while not self._ending.ready():
            if self._cancelling is not None and not self._cancelling.ready():
                session.cancel()
                self._hand_over(session)
                self._cancelled()
            session.gather(self._most)
            self._hand_over(session)

    def _hand_over(self, session: "Session") -> None:
        while session.arrived and not session.resting:
            batch, session.arrived = session.arrived[: self._most], session.arrived[self._most :]
            self._on_batch(session, batch)
            session.heard()


class Session:
    """One connection of a loop, from the first frame to the last. Acknowledging on a session that is over does nothing:
    the broker has taken those messages back already.
    """

    def __init__(self, loop: Loop, url: str, prefetch: int, heartbeat: int) -> None:
        self.arrived: list[Any] = []
        self._queue = loop.queue
        self._silence = heartbeat * 1.6  # the broker speaks every half heartbeat
        self._connection = Connection(url, loop.name, heartbeat)
        self._over = False
        self._tag = ""
        self.channel.basic_qos(0, prefetch, False)
        self.heard()
        self._beats = eventlet.spawn(self._beat, heartbeat / 3)

    @property
    def channel(self) -> Any:
        """py-amqp's channel."""
        return self._connection.channel

    def rename(self, queue: str) -> None:
        """Consumes another queue than the loop named, before `consume`."""
        self._queue = queue

    def consume(self) -> None:
        """Registers the consumer. Raises NotFound when the queue does not exist."""
        self._tag = self.channel.basic_consume(self._queue, callback=self._arrive, on_cancel=self._taken_away)

    def cancel(self) -> None:
        """Unregisters it. Messages that were on their way arrive meanwhile."""
        with self._connection.lock:
            self.channel.basic_cancel(self._tag)

    def gather(self, most: int) -> None:
        """Waits for a message, then takes what else has arrived. Raises when the broker has gone silent."""
        if not self._connection.drain(IDLE):
            if self._connection.amqp.bytes_recv == self._bytes and time.monotonic() - self._since > self._silence:
                raise BusTimeout("the broker has gone silent")
            self.heard(only_if_new=True)
            return
        self.heard()
        while len(self.arrived) < most and self._connection.readable():
            self._connection.drain(IDLE)

    def heard(self, *, only_if_new: bool = False) -> None:
        """The broker was heard from, or was not listened to meanwhile."""
        if only_if_new and self._connection.amqp.bytes_recv == self._bytes:
            return
        self._bytes = self._connection.amqp.bytes_recv
        self._since = time.monotonic()

    _bytes = -1
    _since = _rested = 0.0

    def keep(self, messages: list[Any], seconds: float) -> None:
        """Not done yet: they are handed over again, before all others and after so many seconds. The broker, which
        would count each return of a message and take it for poison after the fiftieth, does not hear of it.
        """
        self.arrived = messages + self.arrived
        self._rested = time.monotonic() + seconds

    @property
    def resting(self) -> bool:
        """Whether nothing is handed over now."""
        return time.monotonic() < self._rested

    def ack(self, tag: int, *, multiple: bool = False) -> None:
        """Done with this message, or with all up to it."""
        self._write(lambda: self.channel.basic_ack(tag, multiple))

    def give_back(self, tag: int) -> None:
        """Not done: the broker delivers it again, to anybody, and counts that."""
        self._write(lambda: self.channel.basic_reject(tag, True))

    def refuse(self, tag: int) -> None:
        """Can never be done: the broker drops it, or dead-letters it where the queue says so."""
        self._write(lambda: self.channel.basic_reject(tag, False))

    def end(self, *, politely: bool) -> None:
        """Over. Unacknowledged messages go back to the queue."""
        self._over = True
        self._beats.kill()
        if politely:
            self._connection.close()
        else:
            self._connection.drop()

    def _write(self, action: Callable[[], None]) -> None:
        if self._over:
            return
        try:
            with self._connection.lock, eventlet.Timeout(5, BusTimeout("acknowledging")):
                action()
        except (*BUS_ERRORS, BusTimeout) as error:
            log.warning("not acknowledged, so it comes again: %s", error)
            self._connection.drop()

    def _beat(self, every: float) -> None:
        while not self._over:
            eventlet.sleep(every)
            # what goes wrong here is noticed by the reader
            with suppress(Exception), eventlet.Timeout(5, BusTimeout("heartbeat")), self._connection.lock:
                self._connection.amqp.send_heartbeat()

    def _arrive(self, message: Any) -> None:
        self.arrived.append(message)

    def _taken_away(self, _tag: str) -> None:
        raise amqp.exceptions.ConsumerCancelled(f"{self._queue} was deleted")
