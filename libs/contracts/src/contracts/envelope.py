"""The wire form of events: CloudEvents 1.0 in JSON, one by one or as a batch (a bundle).

Source: CloudEvents 1.0.2, JSON event format, sections 3 (envelope) and 4 (batch). Extension attributes are
`correlationid`, `causationid` (ids of ours) and `traceparent` (W3C Trace Context). Only plain JSON builtins travel.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from contracts.message import TOPICS, Message

EVENT_CONTENT_TYPE = "application/cloudevents+json"
BUNDLE_CONTENT_TYPE = "application/cloudevents-batch+json"
MAX_BUNDLE_EVENTS = 100
MAX_BUNDLE_BYTES = 256 * 1024


class Undecodable(ValueError):
    """The bytes are not an event of ours: wrong JSON, a wrong type, a missing field or an unknown topic."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event on the wire. `id` is a UUIDv7 in text, `time` RFC 3339 in UTC, `data` the topic's struct as JSON."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    data: msgspec.Raw
    specversion: str = msgspec.field(default="1.0")
    datacontenttype: str = "application/json"
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None

    def __post_init__(self) -> None:
        if self.specversion != "1.0":
            raise ValueError("specversion must be 1.0")


class _Out(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What `encode` writes: `specversion` always stands in it, as CloudEvents demands."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    data: Any
    correlationid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None


_encoder = msgspec.json.Encoder()
_one = msgspec.json.Decoder(Event)
_many = msgspec.json.Decoder(list[msgspec.Raw])
_data: dict[str, msgspec.json.Decoder[Any]] = {}


def encode(
    message: Message,
    *,
    event_id: str,
    time: str,
    correlation_id: str | None = None,
    causation_id: str | None = None,
    traceparent: str | None = None,
) -> bytes:
    """The JSON bytes of one event."""
    return _encoder.encode(
        _Out(
            specversion="1.0",
            id=event_id,
            source=message.source,
            type=message.topic,
            subject=message.subject(),
            time=time,
            data=message,
            correlationid=correlation_id,
            causationid=causation_id,
            traceparent=traceparent,
        )
    )


def encode_bundle(events: Iterable[bytes]) -> bytes:
    """One batch body from the bytes of events that `encode` made. No event is parsed again."""
    return b"[" + b",".join(events) + b"]"


def is_bundle(content_type: str | None) -> bool:
    """Whether a message with this content type holds a batch."""
    return content_type == BUNDLE_CONTENT_TYPE


def decode(body: bytes) -> Event:
    """The envelope of one event; its data stays raw. Raises Undecodable."""
    try:
        return _one.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(str(error)) from error


def decode_bundle(body: bytes) -> list[bytes]:
    """The bytes of each event of a batch, not yet decoded, so that one bad event does not spoil the rest."""
    try:
        return [bytes(raw) for raw in _many.decode(body)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(str(error)) from error


def data_of(event: Event) -> Message:
    """The typed data of an event. Fields that this version does not know are ignored. Raises Undecodable."""
    decoder = _data.get(event.type)
    if decoder is None:
        if event.type not in TOPICS:
            raise Undecodable(f"unknown topic {event.type[:80]!r}")
        decoder = _data[event.type] = msgspec.json.Decoder(TOPICS[event.type])
    try:
        decoded: Message = decoder.decode(event.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(f"{event.type}: {error}") from error
    return decoded
