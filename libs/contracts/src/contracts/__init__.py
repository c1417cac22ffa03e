"""Every event, RPC request and reply of Yeshi: one module per owning service, or a package with one per subject.

Imports msgspec only.
"""

from contracts import catalog, edge, gateway, media, notify, orders, users
from contracts.envelope import (
    BUNDLE_CONTENT_TYPE,
    EVENT_CONTENT_TYPE,
    MAX_BUNDLE_BYTES,
    MAX_BUNDLE_EVENTS,
    Event,
    Undecodable,
    data_of,
    decode,
    decode_bundle,
    encode,
    encode_bundle,
    is_bundle,
)
from contracts.message import TOPICS, Message, consumers, topics_heard_by, topics_of

__all__ = [
    "BUNDLE_CONTENT_TYPE",
    "EVENT_CONTENT_TYPE",
    "MAX_BUNDLE_BYTES",
    "MAX_BUNDLE_EVENTS",
    "TOPICS",
    "Event",
    "Message",
    "Undecodable",
    "catalog",
    "consumers",
    "data_of",
    "decode",
    "decode_bundle",
    "edge",
    "encode",
    "encode_bundle",
    "gateway",
    "is_bundle",
    "media",
    "notify",
    "orders",
    "topics_heard_by",
    "topics_of",
    "users",
]
