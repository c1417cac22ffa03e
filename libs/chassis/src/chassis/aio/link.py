"""One AMQP connection that comes back by itself.

Built on `aio_pika.connect` with a loop of our own: the robust connection restores a fixed exclusive queue against its
own ghost and then waits for as long as the broker believes in that. Here each new connection sets itself up afresh.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection

from chassis.errors import Unavailable

log = logging.getLogger(__name__)

HEARTBEAT = 10  # seconds
CONNECT_TIMEOUT = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 3.0

OnUp = Callable[[AbstractConnection], Awaitable[None]]
OnDown = Callable[[], None]


class Link:
    """Keeps one connection to the broker. `on_up` sets up channels on each new one, `on_down` hears of each loss."""

    def __init__(self, url: str, name: str, *, heartbeat: int = HEARTBEAT) -> None:
        self.name = name
        self.up = asyncio.Event()
        self._url = _with_heartbeat(url, heartbeat)
        self._on_up: list[OnUp] = []
        self._on_down: list[OnDown] = []
        self._task: asyncio.Task[None] | None = None
        self._connection: AbstractConnection | None = None

    def on_up(self, callback: OnUp) -> None:
        """Called with each new connection, before the link counts as up. What it raises breaks the connection."""
        self._on_up.append(callback)

    def on_down(self, callback: OnDown) -> None:
        """Called at once whenever the connection is gone."""
        self._on_down.append(callback)

    def start(self) -> None:
        """Begins to connect, for as long as it takes."""
        self._task = asyncio.create_task(self._run(), name=f"link-{self.name}")

    async def ready(self, timeout: float) -> None:
        """Waits until the link is up. Raises Unavailable after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self.up.wait()
        except TimeoutError:
            raise Unavailable("the bus cannot be reached") from None

    async def close(self) -> None:
        """Ends the link for good."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._drop()

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._hold()
                pause = FIRST_PAUSE
            except asyncio.CancelledError:
                if _cancelled():
                    raise
                log.warning("%s: the connection was cancelled under us", self.name)
            except Exception as error:  # noqa: BLE001 - whatever broke the connection, the answer is a new one
                log.warning("%s: no bus (%s: %s), next try in %.1f s", self.name, type(error).__name__, error, pause)
            await self._drop()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _hold(self) -> None:
        """Connects, sets up, and returns when the connection is gone."""
        async with asyncio.timeout(CONNECT_TIMEOUT):
            self._connection = await aio_pika.connect(self._url, client_properties={"connection_name": self.name})
        gone = asyncio.Event()
        self._connection.close_callbacks.add(lambda *_: gone.set())
        async with asyncio.timeout(CONNECT_TIMEOUT * 2):
            for callback in self._on_up:
                await callback(self._connection)
        if self._connection.is_closed:
            return
        self.up.set()
        log.info("%s: bus is up", self.name)
        await gone.wait()
        log.warning("%s: bus is gone", self.name)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self.up.clear()
        if connection is not None:  # also when it never was up: some may have set themselves up on it
            for callback in self._on_down:
                callback()
        if connection is not None and not connection.is_closed:
            with suppress(Exception):  # a frozen broker never answers the farewell
                async with asyncio.timeout(1):
                    await connection.close()


def _cancelled() -> bool:
    """Whether this task itself was cancelled: a lost connection raises CancelledError too, in its waiters."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@contextmanager
def bounded_by_the_bus(what: str) -> Iterator[None]:
    """Every way in which a connection can be lost under a caller raises Unavailable."""
    try:
        yield
    except asyncio.CancelledError:
        if _cancelled():
            raise
        raise Unavailable(f"{what}: the bus went away") from None
    except (aio_pika.exceptions.AMQPError, OSError, RuntimeError) as error:
        raise Unavailable(f"{what}: {type(error).__name__} {error}".rstrip()) from error


async def opened(connection: AbstractConnection, **options: bool) -> AbstractChannel:
    """A channel of this connection, which is left when the channel ends or a consumer on it is taken away: the broker
    closes a channel for a message it waited for too long or an exchange that is not there, and drops a consumer with
    its queue. The link is up again when all is there again. `options` are aio-pika's.
    """
    leaving: list[asyncio.Task[None]] = []

    def leave(*why: object) -> None:
        if not (connection.is_closed or connection.close_called or leaving):
            log.info("a channel or its consumer is gone, and its connection is left: %s", why[-1])
            leaving.append(asyncio.create_task(_left(connection)))

    channel = await connection.channel(**options)
    channel.close_callbacks.add(leave)
    (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(leave)
    return channel


async def _left(connection: AbstractConnection) -> None:
    with suppress(Exception):
        await connection.close()


def _with_heartbeat(url: str, heartbeat: int) -> str:
    parts = urlsplit(url)
    query = f"{parts.query}&" if parts.query else ""
    return urlunsplit(parts._replace(query=f"{query}heartbeat={heartbeat}"))
