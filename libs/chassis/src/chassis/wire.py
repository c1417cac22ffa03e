"""nameko's RPC wire form with strict plain JSON, and errors that keep their code. Green and async servers share it.

Request `{"args": [...], "kwargs": {}}`, reply `{"result": ..., "error": null | {exc_type, exc_path, exc_args, value}}`.
Objects like `{"__type__": ...}` are data like any other: nothing of kombu's own JSON is used.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from chassis.errors import Refusal

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/json"

_encoder = msgspec.json.Encoder()
_request = msgspec.json.Decoder(dict[str, Any])


class BadRequest(ValueError):
    """The body is not a call."""


class MethodNotFound(LookupError):
    """The service has no method of this name."""


def encode(value: Any) -> bytes:
    """Strict JSON. Raises TypeError for what JSON cannot say."""
    return _encoder.encode(value)


def decode_request(body: bytes) -> tuple[list[Any], dict[str, Any]]:
    """Arguments of a call. Raises BadRequest."""
    try:
        request = _request.decode(body)
        args, kwargs = request["args"], request["kwargs"]
    except (msgspec.MsgspecError, KeyError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequest(str(error)) from error
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise BadRequest("args must be an array and kwargs an object")
    return args, kwargs


def decode_reply(body: bytes) -> dict[str, Any]:
    """A reply as it came."""
    reply: dict[str, Any] = _request.decode(body)
    return reply


def error_of(error: BaseException) -> dict[str, Any]:
    """How an exception travels. A Refusal keeps code, kind, detail and fields; others give away only their name."""
    if isinstance(error, Refusal):
        arguments: list[Any] = [error.as_dict()]
        return {"exc_type": "Refusal", "exc_path": "chassis.errors.Refusal", "exc_args": arguments, "value": error.code}
    name = type(error).__name__
    return {"exc_type": name, "exc_path": f"{type(error).__module__}.{name}", "exc_args": [], "value": ""}


def is_call(reply_to: str | None, content_type: str | None) -> bool:
    """Whether somebody waits for an answer to this message, in a form that can be read."""
    return bool(reply_to) and content_type == CONTENT_TYPE


def too_late(headers: Mapping[str, Any]) -> bool:
    """Whether the caller of a message with these headers has given up by now."""
    deadline = headers.get("x-deadline")
    return isinstance(deadline, int) and deadline < time.time() * 1000


def reply(result: Any, error: BaseException | None) -> tuple[bytes, str]:
    """The body that answers a call, and its outcome for the metrics: ok, refused or failed. Never raises."""
    try:
        body = encode({"result": None if error else result, "error": error_of(error) if error else None})
    except (TypeError, ValueError, RecursionError) as unserializable:
        log.exception("a result cannot be sent")
        error = unserializable
        body = encode({"result": None, "error": error_of(unserializable)})
    if error is None:
        return body, "ok"
    return body, "refused" if isinstance(error, Refusal) else "failed"
