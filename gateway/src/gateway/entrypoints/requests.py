"""The request as routes see it: a strictly read body, a verified caller, and the door behind it."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.types import Empty

from chassis.errors import Malformed, Refusal, Unauthenticated
from chassis.ids import uuid7
from gateway.application.access import Caller
from gateway.application.refusals import TooLarge, Unsupported
from gateway.bootstrap import Door
from gateway.entrypoints import strict

LARGEST_BODY = 256 * 1024  # bytes
SLOWEST_BODY = 10.0  # seconds from first to last byte


class SlowBody(Refusal):
    """The body did not arrive in time."""

    code = "slow_body"


class DoorRequest(Request[Any, Any, State]):
    """What routes ask with."""

    @property
    def door(self) -> Door:
        """Everything behind the door."""
        found: Door = self.app.state.door
        return found

    @property
    def caller(self) -> Caller | None:
        """Who calls, if anybody is known."""
        return self.scope["state"].get("caller")

    @property
    def known(self) -> Caller:
        """Who calls, on routes that are for users. Raises Unauthenticated."""
        if self.caller is None:
            raise Unauthenticated("log in first")
        return self.caller

    @property
    def principal(self) -> dict[str, Any] | None:
        """How services are told who calls."""
        return self.caller.principal if self.caller else None

    @property
    def client_ip(self) -> str:
        """The caller's address, as far as trusted proxies tell."""
        return str(self.scope["state"].get("client_ip", ""))

    @property
    def head(self) -> bool:
        """Whether only the headers are asked for."""
        return bool(self.scope["state"].get("head"))

    async def ask(self, service: str, method: str, payload: Any = None, *, timeout: float = 5.0) -> Any:
        """A service's answer to this caller. Raises its Refusal."""
        return await self.door.services.ask(service, method, self.principal, plain(payload), timeout=timeout)

    @property
    def length(self) -> int | None:
        """How long the body will be, as far as that was announced."""
        told = self.headers.get("content-length", "")
        return int(told) if told.isdigit() else None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, for those who count it themselves. Raises Malformed when it is cut off."""
        more = True
        while more:
            message: dict[str, Any] = dict(await self.receive())
            if message["type"] == "http.disconnect":
                raise Malformed("the body was cut off")
            if message["body"]:
                yield message["body"]
            more = message["more_body"]

    async def body(self) -> bytes:
        """The raw body. Raises TooLarge, Malformed when it does not arrive in time, Unsupported when compressed."""
        if self._body is Empty:
            if self.headers.get("content-encoding", "identity") != "identity":
                raise Unsupported("a body must not be compressed")
            largest = int(self.route_handler.opt.get("largest_body", LARGEST_BODY))
            try:
                async with asyncio.timeout(SLOWEST_BODY):
                    self._body = await self._read(largest)
            except TimeoutError:
                raise Malformed("the body did not arrive in time") from None
        return self._body

    async def _read(self, largest: int) -> bytes:
        if (self.length or 0) > largest:
            raise TooLarge(f"at most {largest} bytes", limit=largest)
        chunks: list[bytes] = []
        size = 0
        async for chunk in self.chunks():
            size += len(chunk)
            if size > largest:
                raise TooLarge(f"at most {largest} bytes", limit=largest)
            chunks.append(chunk)
        return b"".join(chunks)

    async def json(self) -> Any:
        """The body as the struct that the route takes. The framework asks for it when a route has `data`."""
        body = await self.body()
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise Unsupported("send application/json")
        field = self.route_handler.parsed_data_field
        return strict.decode(body, field.annotation if field else dict)


def plain(payload: Any) -> Any:
    """A payload as JSON builtins. Fields of a struct that were not sent are left out."""
    if isinstance(payload, dict):
        return {name: plain(value) for name, value in payload.items()}
    return msgspec.to_builtins(payload)


def new_id() -> str:
    """An id for something that this request makes."""
    return str(uuid7())


def new_password() -> str:
    """A password for a machine, made here so that a call that runs twice gives the same one."""
    return secrets.token_urlsafe(24)
