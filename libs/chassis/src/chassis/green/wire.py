"""nameko's RPC wire form with strict plain JSON, and errors that keep their code.

Request `{"args": [...], "kwargs": {}}`, reply `{"result": ..., "error": null | {exc_type, exc_path, exc_args, value}}`.
Objects like `{"__type__": ...}` are data like any other: nothing of kombu's own JSON is used.
"""

from typing import Any

import msgspec

from chassis.errors import Refusal

CONTENT_TYPE = "application/json"

_encoder = msgspec.json.Encoder()
_request = msgspec.json.Decoder(dict[str, Any])


class BadRequest(ValueError):
    """The body is not a call."""


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
