"""The guarded RPC entry point: `@rpc` on a method of a nameko service.

What stock nameko loses or dies of is settled here: a call without a reply address or in a form that nobody can read is
refused, a reply that cannot be sent is logged, a call whose caller has given up is dropped unstarted.
"""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension

from chassis import context, metrics, wire
from chassis.errors import Refusal, Unavailable
from chassis.green.loop import Loop, Session
from chassis.green.outgoing import Outgoing
from contracts.naming import RPC_EXCHANGE, rpc_queue

log = logging.getLogger(__name__)


class RpcServer(SharedExtension, ProviderCollector):
    """One consumer of the service's RPC queue for all its methods."""

    def setup(self) -> None:
        """Prepares the loop; nothing is declared, since `topology` owns the queue."""
        runtime = self.container.config["runtime"]
        self._methods: dict[str, Rpc] = {}
        self._replies = Outgoing(runtime.amqp_url, f"{runtime.service}-replies", confirm=False, timeout=2.0)
        self._loop = Loop(
            runtime.amqp_url,
            f"{runtime.service}-rpc",
            queue=rpc_queue(self.container.service_name),
            prefetch=self.container.max_workers,  # never more calls here than workers to run them
            most=self.container.max_workers,
            heartbeat=runtime.heartbeat,
            on_batch=self._on_batch,
        )
        runtime.readiness.add("rpc", lambda: self._loop.problem)

    def start(self) -> None:
        """Begins to consume; without a broker it waits for one."""
        for provider in self._providers:
            self._methods[f"{self.container.service_name}.{provider.method_name}"] = provider
        self._loop.start(self.container)

    def cancel(self) -> None:
        """Takes no new calls."""
        self._loop.cancel()

    def stop(self) -> None:
        """After the last worker: every reply and acknowledgement is out."""
        self._loop.stop()
        self._replies.close()

    def kill(self) -> None:
        """At once."""
        self._loop.end()

    def _on_batch(self, session: Session, messages: list[Any]) -> None:
        for message in messages:
            self._on_message(session, message)

    def _on_message(self, session: Session, message: Any) -> None:
        properties = message.properties
        if not wire.is_call(properties.get("reply_to"), properties.get("content_type")):
            log.error("a call without reply address or in another form than JSON was refused")
            session.refuse(message.delivery_tag)
            return
        headers = properties.get("application_headers") or {}
        if wire.too_late(headers):
            metrics.rpc_calls.labels(message.delivery_info["routing_key"], "expired").inc()
            session.ack(message.delivery_tag)
            return
        done = partial(self._done, session, message, time.monotonic())
        try:
            provider = self._methods[message.delivery_info["routing_key"]]
            args, kwargs = wire.decode_request(_bytes(message.body))
            provider.spawn(args, kwargs, context.from_headers(headers), done)
        except ContainerBeingKilled:
            session.give_back(message.delivery_tag)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a call, its caller hears of it
            done(None, None, (type(error), error, None))

    def _done(
        self, session: Session, message: Any, started: float, _worker: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        """Replies, then acknowledges. Never raises: a container that cannot reply must go on serving."""
        method = message.delivery_info["routing_key"]
        body, outcome = wire.reply(result, exc_info[1] if exc_info else None)
        metrics.rpc_calls.labels(method, outcome).inc()
        metrics.rpc_seconds.labels(method).observe(time.monotonic() - started)
        try:
            self._replies.publish(
                body,
                RPC_EXCHANGE,
                message.properties["reply_to"],
                content_type=wire.CONTENT_TYPE,
                content_encoding="utf-8",
                correlation_id=message.properties.get("correlation_id"),
                delivery_mode=1,  # a reply is worth nothing after a broker restart
            )
        except Unavailable as lost:
            log.warning("%s: the reply was lost, its caller has a deadline: %s", method, lost)
        session.ack(message.delivery_tag)
        return result, exc_info


class Rpc(Entrypoint):
    """`@rpc`: the method answers calls `method(principal, payload)`. Refusals travel typed; the rest as «internal»."""

    server = RpcServer()

    def __init__(self, **options: Any) -> None:
        options.setdefault("expected_exceptions", (Refusal,))
        super().__init__(**options)

    def setup(self) -> None:
        """Joins the service's one consumer."""
        self.server.register_provider(self)

    def stop(self) -> None:
        """Returns when no new call can come."""
        self.server.cancel()

    def spawn(
        self, args: list[Any], kwargs: dict[str, Any], work: context.Context, done: Callable[..., tuple[Any, Any]]
    ) -> None:
        """Runs the method in a worker."""
        self.container.spawn_worker(self, args, kwargs, context_data={"work": work}, handle_result=done)


rpc = Rpc.decorator


def many(
    items: Sequence[dict[str, Any]], one: Callable[[dict[str, Any] | None, dict[str, Any]], Any]
) -> list[dict[str, Any]]:
    """Answers a coalesced call item by item, by position: `{"result": ...}`, or `{"error": ...}` for a refused one."""
    answers: list[dict[str, Any]] = []
    for item in items:
        try:
            answers.append({"result": one(item.get("principal"), item.get("payload") or {})})
        except Refusal as error:
            answers.append({"error": error.as_dict()})
    return answers


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body)
