"""The real gateway process on a real bus; the services behind it are stand-ins that answer what a test says."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import aio_pika
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

import contracts
from chassis import topology, wire
from chassis.errors import Refusal
from chassis.ids import uuid7
from chassis.testing.events import encoded
from contracts.naming import RPC_EXCHANGE, event_exchange, event_queue, rpc_queue
from yeshi_local.kit.service import ServiceProcess
from yeshi_local.kit.world import Processes, vhost
from yeshi_local.ports import free_port

ISSUER = "http://gateway.test"
LINE_SECRET = "0123456789abcdef0123456789abcdef"
TOPIC_ARN = "arn:aws:sns:ap-northeast-1:000000000000:yeshi-bell"

Answer = Callable[[dict[str, Any] | None, Any], Any]


class StandIns:
    """Answers calls in nameko's wire form for every service, and publishes their events."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.answers: dict[str, Answer] = {}
        self.calls: list[tuple[str, Any, Any]] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._connection: Any = None
        self._thread.start()
        assert self._ready.wait(20)

    def on(self, method: str, answer: Answer | Any) -> None:
        """What `service.method` answers: a value, or a function of principal and payload that may raise Refusal."""
        self.answers[method] = answer if callable(answer) else lambda _principal, _payload: answer

    def asked(self, method: str) -> list[tuple[Any, Any]]:
        """Principal and payload of every call of a method; of a crowd's each."""
        return [(principal, payload) for name, principal, payload in self.calls if name == method]

    def publish(self, *messages: contracts.Message) -> None:
        """Publishes events as the relay would."""
        bodies = [(message, encoded(message)) for message in messages]
        asyncio.run_coroutine_threadsafe(self._publish(bodies), self._loop).result(10)

    def received(self, consumer: str) -> list[contracts.Event]:
        """Takes what lies in a service's event queue."""
        return asyncio.run_coroutine_threadsafe(self._received(consumer), self._loop).result(10)

    def close(self) -> None:
        """Ends the stand-ins."""
        asyncio.run_coroutine_threadsafe(self._connection.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()

    async def _start(self) -> None:
        self._connection = await aio_pika.connect_robust(self._url, reconnect_interval=0.2)
        self._channel = await self._connection.channel()
        self._rpc = await self._channel.get_exchange(RPC_EXCHANGE)
        for service in topology.RPC_SERVICES:
            queue = await self._channel.get_queue(rpc_queue(service))
            await queue.consume(self._answer, no_ack=True)

    async def _answer(self, message: Any) -> None:
        method = message.routing_key
        principal, payload = json.loads(message.body)["args"]
        reply = await asyncio.to_thread(self._reply, method, principal, payload)
        if message.reply_to:
            await self._rpc.publish(
                aio_pika.Message(
                    json.dumps(reply).encode(),
                    content_type="application/json",
                    correlation_id=message.correlation_id,
                ),
                message.reply_to,
            )

    def _reply(self, method: str, principal: Any, payload: Any) -> dict[str, Any]:
        try:
            if method.endswith("_many") and method not in self.answers:
                one = method.removesuffix("_many")
                return {
                    "result": [self._one(one, item["principal"], item["payload"]) for item in payload],
                    "error": None,
                }
            self.calls.append((method, principal, payload))
            return {"result": self.answers[method](principal, payload), "error": None}
        except Exception as error:  # noqa: BLE001 - as a service reports what nobody foresaw
            return {"result": None, "error": wire.error_of(error)}

    def _one(self, method: str, principal: Any, payload: Any) -> dict[str, Any]:
        self.calls.append((method, principal, payload))
        try:
            return {"result": self.answers[method](principal, payload)}
        except Refusal as error:
            return {"error": error.as_dict()}

    async def _publish(self, bodies: list[tuple[contracts.Message, bytes]]) -> None:
        for message, body in bodies:
            exchange = await self._channel.get_exchange(event_exchange(message.source), ensure=False)
            await exchange.publish(
                aio_pika.Message(body, content_type=contracts.EVENT_CONTENT_TYPE), message.topic, mandatory=False
            )

    async def _received(self, consumer: str) -> list[contracts.Event]:
        queue = await self._channel.get_queue(event_queue(consumer))
        found = []
        while (message := await queue.get(no_ack=True, fail=False)) is not None:
            found.append(contracts.decode(message.body))
        return found


@dataclass
class Person:
    """Somebody with a token."""

    user_id: str
    session_id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """Of a request by this person."""
        return {"authorization": f"Bearer {self.token}"}


class Signer:
    """Makes tokens as users does."""

    def __init__(self) -> None:
        self.kid = "k1"
        self._key = ec.generate_private_key(ec.SECP256R1())

    def jwks(self) -> dict[str, Any]:
        """The public half."""
        entry = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**entry, "kid": self.kid, "use": "sig", "alg": "ES256"}]}

    def token(self, user_id: str, session_id: str, *, lives: float = 600, roles: tuple[str, ...] = ()) -> str:
        """An access token."""
        issued = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": "yeshi",
            "sub": user_id,
            "sid": session_id,
            "roles": list(roles),
            "iat": issued,
            "nbf": issued,
            "exp": issued + lives,
            "jti": str(uuid7()),
        }
        return jwt.encode(claims, self._key, "ES256", headers={"kid": self.kid, "typ": "at+jwt"})

    def person(self, **more: Any) -> Person:
        """Somebody new."""
        user_id, session_id = str(uuid7()), str(uuid7())
        return Person(user_id, session_id, self.token(user_id, session_id, **more))


@dataclass(kw_only=True)
class World(Processes):
    """A vhost with the topology, the stand-ins, and gateway processes."""

    behind: StandIns
    signer: Signer

    def environment(self) -> dict[str, object]:
        """What each gateway finds in its environment."""
        return {
            **super().environment(),
            "PUBLIC_URL": ISSUER,
            "JWT_ISSUER": ISSUER,
            "LINE_CHANNEL_SECRET": LINE_SECRET,
            "SNS_TOPIC_ARN": TOPIC_ARN,
            "LIMIT_FACTOR": 100,
        }

    def start(self, *command: str, wait: bool = True, **environment: object) -> ServiceProcess:
        """Another gateway. `program.url` is where it serves."""
        port = free_port()
        program = super().start(*command, wait=wait, HTTP_PORT=port, **environment)
        program.url = f"http://127.0.0.1:{port}"  # type: ignore[attr-defined]
        return program


@pytest.fixture(scope="module")
def world(rabbitmq, tmp_path_factory) -> Iterator[World]:
    """The gateway's world, shared by a module."""
    with vhost(rabbitmq) as url, contextlib.closing(StandIns(url)) as behind:
        signer = Signer()
        behind.on("users.jwks", lambda *_: signer.jwks())
        behind.on("users.revoked_sessions", {"items": []})
        home = tmp_path_factory.mktemp("gateway")
        made = World(package="gateway", amqp_url=url, home=home, behind=behind, signer=signer)
        with contextlib.closing(made):
            yield made


@pytest.fixture(scope="module")
def gateway(world: World) -> ServiceProcess:
    """One gateway that is ready."""
    return world.start()


@pytest.fixture
def http(gateway: ServiceProcess) -> Iterator[httpx.Client]:
    """A client of the gateway."""
    with httpx.Client(base_url=gateway.url, timeout=10) as client:
        yield client


@pytest.fixture
def behind(world: World) -> StandIns:
    """The stand-ins, with nothing asked yet."""
    world.behind.calls.clear()
    return world.behind


@pytest.fixture
def person(world: World) -> Person:
    """Somebody who is logged in."""
    return world.signer.person()


@contextlib.contextmanager
def reading(url: str, headers: dict[str, str], timeout: float = 10) -> Iterator["Reader"]:
    """An open bell stream."""
    with (
        httpx.Client(timeout=timeout) as client,
        client.stream("GET", f"{url}/v1/notifications/stream", headers=headers) as answer,
    ):
        yield Reader(answer)


class Reader:
    """Reads server-sent events one by one."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def next(self) -> dict[str, Any]:
        """The next event: its id, name and data. Raises StopIteration at the end of the stream."""
        event: dict[str, Any] = {}
        for line in self._lines:
            if line == "" and event:
                return event
            name, _, value = line.partition(": ")
            if name in ("id", "event"):
                event[name] = value
            elif name == "data":
                event["data"] = json.loads(value)
        raise StopIteration

    def comments_until_end(self) -> list[str]:
        """Everything until the server ends the stream."""
        return list(self._lines)


@pytest.fixture
def open_stream() -> Callable[..., Any]:
    """Opens a bell stream: `with open_stream(url, headers) as reader`."""
    return reading
