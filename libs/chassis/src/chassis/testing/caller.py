"""A client of the bus in a loop of its own, for tests that read from top to bottom."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

import aio_pika
import msgspec
from aio_pika.abc import AbstractIncomingMessage
from aiormq.exceptions import ChannelInvalidStateError

import contracts
from chassis import wire
from chassis.aio import Bus
from contracts.naming import RPC_EXCHANGE, event_exchange, rpc_queue

T = TypeVar("T")

Method = Callable[[dict[str, Any] | None, Any], Any]


class Caller:
    """A client of the bus in a thread of its own, so that tests read from top to bottom. Needs the topology."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._open(url))

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 60) -> T:
        """Runs it in the client's loop and answers its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def close(self) -> None:
        """Ends its connections and its loop."""
        self.run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(
        self, service: str, method: str, principal: dict[str, Any] | None, payload: Any, timeout: float = 10
    ) -> Any:
        """One call. Raises Refusal."""
        return self.run(self.bus.rpc(service, method, principal, payload, timeout=timeout))

    def together(self, service: str, *calls: tuple[str, dict[str, Any] | None, Any], timeout: float = 15) -> list[Any]:
        """Calls beside each other, each (method, principal, payload): what it answered, or the error it raised."""

        async def gather() -> list[Any]:
            rpc = self.bus.rpc
            return await asyncio.gather(
                *(rpc(service, *call, timeout=timeout) for call in calls), return_exceptions=True
            )

        return self.run(gather())

    @contextlib.contextmanager
    def serving(self, service: str, **methods: Method) -> Iterator[None]:
        """Stands in for a service: each method gets (principal, payload) and answers the result or raises Refusal."""
        with self.standing_in(service, lambda method, principal, payload: methods[method](principal, payload)):
            yield

    @contextlib.contextmanager
    def standing_in(self, service: str, method: Callable[[str, dict[str, Any] | None, Any], Any]) -> Iterator[None]:
        """The same with one function for all methods, which gets the name of the one that was called first."""

        async def answer(message: AbstractIncomingMessage) -> None:
            principal, payload = msgspec.json.decode(message.body)["args"]
            body = await asyncio.to_thread(reply, str(message.routing_key).partition(".")[2], principal, payload)
            sent = aio_pika.Message(body, content_type=wire.CONTENT_TYPE, correlation_id=message.correlation_id)
            exchange = await self._channel.get_exchange(RPC_EXCHANGE, ensure=False)
            await exchange.publish(sent, str(message.reply_to))

        def reply(name: str, principal: dict[str, Any] | None, payload: Any) -> bytes:
            try:
                return wire.reply(method(name, principal, payload), None)[0]
            except Exception as error:  # noqa: BLE001 - as a service reports what nobody foresaw
                return wire.reply(None, error)[0]

        queue = self.run(self._channel.get_queue(rpc_queue(service)))
        tag = self.run(queue.consume(answer, no_ack=True))
        try:
            yield
        finally:
            with contextlib.suppress(ChannelInvalidStateError):  # a lost connection has ended the consumer already
                self.run(queue.cancel(tag))

    def publish(self, topic: str, *bodies: bytes, bundled: bool = False) -> None:
        """Sends events one after the other, confirmed; bundled, up to a hundred in a message, as the relay does."""

        async def send() -> None:
            source = contracts.TOPICS[topic].source
            exchange = await self._channel.get_exchange(event_exchange(source), ensure=False)
            for body, kind in _messages(bodies, bundled):
                message = aio_pika.Message(body, content_type=kind, delivery_mode=2)
                await exchange.publish(message, topic, mandatory=True)

        self.run(send())

    def depth(self, queue: str) -> int:
        """Messages in a queue that nobody has in hand."""

        async def ask() -> int:
            declared = await self._channel.declare_queue(queue, passive=True)
            return declared.declaration_result.message_count or 0

        return self.run(ask())

    def take(self, queue: str) -> list[contracts.Event]:
        """Takes every event out of a queue."""

        async def drain() -> list[contracts.Event]:
            events: list[contracts.Event] = []
            source = await self._channel.get_queue(queue)
            while message := await source.get(no_ack=True, fail=False):
                events += [contracts.decode(body) for body in _events_in(message)]
            return events

        return self.run(drain())

    def listen(self, source: str, read: Callable[[bytes], T]) -> list[T]:
        """Every event of a source from now on, as `read` makes it of its bytes; the list grows as they come."""
        heard: list[T] = []

        async def hear(message: AbstractIncomingMessage) -> None:
            heard.extend(read(body) for body in _events_in(message))

        async def begin() -> None:
            queue = await self._channel.declare_queue(exclusive=True)
            await queue.bind(event_exchange(source), "#")
            await queue.consume(hear, no_ack=True)

        self.run(begin())
        return heard

    async def _open(self, url: str) -> None:
        self.bus = Bus(url, "test")
        self.bus.start()
        await self.bus.publishing.ready(10)
        await self.bus.consuming.ready(10)
        self._connection = await aio_pika.connect(url)
        self._channel = await self._connection.channel()

    async def _close(self) -> None:
        await self.bus.close()
        await self._connection.close()


def _events_in(message: AbstractIncomingMessage) -> Sequence[bytes]:
    bundle = contracts.is_bundle(message.content_type)
    return contracts.decode_bundle(message.body) if bundle else [message.body]


def _messages(bodies: Sequence[bytes], bundled: bool) -> list[tuple[bytes, str]]:
    if not bundled:
        return [(body, contracts.EVENT_CONTENT_TYPE) for body in bodies]
    size = contracts.MAX_BUNDLE_EVENTS
    chunks = [bodies[at : at + size] for at in range(0, len(bodies), size)]
    return [(contracts.encode_bundle(chunk), contracts.BUNDLE_CONTENT_TYPE) for chunk in chunks]
