"""What edge-gateway says and answers: door devices, counts, footfall."""

from typing import ClassVar, Literal

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
    """`enrol_device`, by the shop's owner or manager. `device_id` is made by the caller. Answers `Enrolled`.

    Enrolling the same device again gives it a new password.
    """

    device_id: str
    shop_id: str
    name: str


class Mqtt(msgspec.Struct, frozen=True, kw_only=True):
    """How a device reaches the broker. It publishes below `topic` and nowhere else."""

    host: str
    port: int
    username: str
    password: str
    topic: str


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A door device as its shop sees it."""

    device_id: str
    shop_id: str
    name: str
    created_at: str
    last_seen_at: str | None = None


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `enrol_device`. The password is shown this once."""

    device_id: str
    shop_id: str
    name: str
    mqtt: Mqtt


class ShopId(msgspec.Struct, frozen=True, kw_only=True):
    """`list_devices`: answers `{"items": [Device]}`."""

    shop_id: str


class DeviceId(msgspec.Struct, frozen=True, kw_only=True):
    """`remove_device`: its credentials end at once; its readings stay."""

    shop_id: str
    device_id: str


class Footfall(msgspec.Struct, frozen=True, kw_only=True):
    """`footfall`: times RFC 3339; `bucket` is minute, hour or day (Asia/Taipei). Answers `FootfallBuckets`."""

    shop_id: str
    from_: str = msgspec.field(name="from")
    to: str
    bucket: Literal["minute", "hour", "day"] = "hour"


class FootfallBucket(msgspec.Struct, frozen=True, kw_only=True):
    """People who went in and out from `start` on. A bucket nobody counted in is absent: no data is not zero."""

    start: str
    in_: int = msgspec.field(name="in")
    out: int


class FootfallBuckets(msgspec.Struct, frozen=True, kw_only=True):
    """Buckets in order of time, only those with data."""

    buckets: list[FootfallBucket]
