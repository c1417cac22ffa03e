"""Asking another service from a green one, with a deadline: `sellers = RpcCaller("users")`.

Application code gets it behind a port of its own. Nothing waits for ever: no broker or no consumer is Unavailable at
once, no answer is DeadlineExceeded, and an answer that comes later is dropped.
"""

import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import eventlet
from nameko.extensions import DependencyProvider, SharedExtension

from chassis import context, metrics, wire
from chassis.errors import DeadlineExceeded, Refusal, Unavailable
from chassis.green.loop import Loop, Session
from chassis.green.outgoing import Outgoing
from contracts.naming import RPC_EXCHANGE, rpc_queue

log = logging.getLogger(__name__)

DEADLINE = 3.0  # seconds
CONSUMERS_KNOWN_FOR = 1.0

Call = Callable[..., Any]


class RemoteFailure(Unavailable):
    """The other service failed in a way it did not foresee."""

    code = "internal"


class Replies(SharedExtension):
    """One reply queue and one outgoing connection of the process, for all its callers."""

    def setup(self) -> None:
        """Prepares both; connecting is the loop's affair."""
        runtime = self.container.config["runtime"]
        self._waiting: dict[str, eventlet.Event] = {}
        self._served: dict[str, tuple[float, int]] = {}
        self._numbers = 0
        self._key = str(uuid4())
        self._out = Outgoing(runtime.amqp_url, f"{runtime.service}-calls", confirm=False, timeout=2.0)
        self._loop = Loop(
            runtime.amqp_url,
            f"{runtime.service}-answers",
            queue=f"rpc.reply-{runtime.service}-{self._key}",
            prefetch=100,
            most=100,
            heartbeat=runtime.heartbeat,
            on_batch=self._on_batch,
            on_open=self._on_open,
        )
        runtime.readiness.add("answers", lambda: self._loop.problem)

    def start(self) -> None:
        """Begins to listen for answers."""
        self._loop.start(self.container)

    def stop(self) -> None:
        """After the last worker."""
        self._loop.stop()
        self._out.close()

    def kill(self) -> None:
        """At once."""
        self._loop.end()

    def _on_open(self, session: Session) -> None:
        """A new name on each connection: the old queue may still belong to a ghost of ours."""
        self._key = str(uuid4())
        self._loop.queue = f"rpc.reply-{self.container.service_name}-{self._key}"
        session.rename(self._loop.queue)
        session.channel.queue_declare(self._loop.queue, exclusive=True, auto_delete=True)
        session.channel.queue_bind(self._loop.queue, RPC_EXCHANGE, self._key)

    def _on_batch(self, session: Session, messages: list[Any]) -> None:
        for message in messages:
            waiting = self._waiting.pop(message.properties.get("correlation_id", ""), None)
            if waiting is not None:
                waiting.send(message.body)
        session.ack(messages[-1].delivery_tag, multiple=True)

    def call(self, service: str, method: str, principal: Any, payload: Any, timeout: float) -> Any:
        """The result of the call, or its Refusal raised."""
        name = f"{service}.{method}"
        if self._loop.session is None:
            raise Unavailable("the bus cannot be reached")
        if not self._is_served(service):
            raise Unavailable(f"{service} is not there", service=service)
        self._numbers += 1
        number = f"{self._numbers:x}"
        answer = self._waiting[number] = eventlet.Event()
        try:
            with eventlet.Timeout(timeout, DeadlineExceeded(f"{service} did not answer within {timeout:g} s")):
                self._send(name, principal, payload, number, timeout)
                body = answer.wait()
            metrics.rpc_client_calls.labels(name, "answered").inc()
        finally:
            self._waiting.pop(number, None)
        return _result(body)

    def _send(self, name: str, principal: Any, payload: Any, number: str, timeout: float) -> None:
        self._out.publish(
            wire.encode({"args": [principal, payload], "kwargs": {}}),
            RPC_EXCHANGE,
            name,
            content_type=wire.CONTENT_TYPE,
            content_encoding="utf-8",
            reply_to=self._key,
            correlation_id=number,
            expiration=str(int(timeout * 1000)),  # the broker drops what nobody waits for
            application_headers={
                **context.to_headers(context.current()),
                "x-deadline": int((time.time() + timeout) * 1000),
            },
        )

    def _is_served(self, service: str) -> bool:
        known = self._served.get(service)
        if known is None or time.monotonic() - known[0] > CONSUMERS_KNOWN_FOR:
            known = self._served[service] = (time.monotonic(), self._out.consumers(rpc_queue(service)))
        return known[1] > 0


class RpcCaller(DependencyProvider):
    """Injects `call(method, principal, payload, timeout=3)` towards one service."""

    replies = Replies()

    def __init__(self, service: str) -> None:
        self._service = service

    def get_dependency(self, worker_ctx: Any) -> Call:
        """The function that calls; the same for every worker."""
        return self.call

    def call(self, method: str, principal: Any, payload: Any, timeout: float = DEADLINE) -> Any:
        """Raises the service's Refusal, Unavailable or DeadlineExceeded."""
        return self.replies.call(self._service, method, principal, payload, timeout)


def _result(body: Any) -> Any:
    reply = wire.decode_reply(body.encode() if isinstance(body, str) else bytes(body))
    error = reply.get("error")
    if not error:
        return reply.get("result")
    arguments = error.get("exc_args") or []
    if error.get("exc_type") == "Refusal" and arguments:
        raise Refusal.from_dict(arguments[0])
    raise RemoteFailure("the service failed")
