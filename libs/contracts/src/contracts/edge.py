"""What edge-gateway says and answers: door devices, counts, footfall."""

from typing import ClassVar

import msgspec

from contracts.message import Message


class MinuteBucket(msgspec.Struct, frozen=True, kw_only=True):
    """People counted in one minute; `start` is RFC 3339, UTC."""

    start: str
    entered: int
    left: int


class CountsRecordedV1(Message, frozen=True, kw_only=True):
    """Minutes of a shop's doorway as they stand after new readings. Counts replace, they do not add."""

    source: ClassVar[str] = "edge"
    topic: ClassVar[str] = "edge.counts_recorded.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notify", "gateway")
    subject_field: ClassVar[str] = "shop_id"

    shop_id: str
    device_id: str
    minutes: list[MinuteBucket]


class EnrolDevice(msgspec.Struct, frozen=True, kw_only=True):
    """`enrol_device`. `device_id` is made by the caller."""

    device_id: str
    shop_id: str
    name: str


class Footfall(msgspec.Struct, frozen=True, kw_only=True):
    """`footfall`: times RFC 3339; `bucket` is minute, hour or day (Asia/Taipei)."""

    shop_id: str
    from_: str = msgspec.field(name="from")
    to: str
    bucket: str = "hour"
