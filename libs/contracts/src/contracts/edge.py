"""What edge-gateway says and answers: door devices, counts, footfall."""

from typing import Annotated, ClassVar, Literal

import msgspec

from contracts.message import Message


class MinuteBucket(msgspec.Struct, frozen=True, kw_only=True):
    """People counted in one minute; `start` is RFC 3339, UTC."""

    start: str
    entered: int
    left: int


class CountsRecordedV1(Message, frozen=True, kw_only=True):
    """Minutes of one device at a shop's doorway as they stand after new readings. Counts replace, they do not add.

    The counts of a device's minute only ever grow: of two messages, the one with the greater counts is the newer.
    """

    source: ClassVar[str] = "edge"
    topic: ClassVar[str] = "edge.counts_recorded.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notify", "gateway")
    subject_field: ClassVar[str] = "shop_id"

    shop_id: str
    device_id: str
    minutes: list[MinuteBucket]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a device publishes to `<topic>/count`, MQTT 5, QoS 1, never retained: so many people passed, then.

    `id` makes it unique for its device: the same one again counts once, for 90 days. `ts` is RFC 3339 or seconds since
    1970, when they passed; `hist` says that it was kept while the line was down, so it may lie up to 31 days back
    (otherwise one). `src` says what saw them, and every reading counts: what a second sensor saw of the same people is
    not sent here. `seq`, `boot`, `mono` (a count, the start it belongs to, and seconds since that) and `conf` are for
    people who look into a device.
    """

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    ts: str | float
    dir: Literal["in", "out"]
    n: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    src: Annotated[str, msgspec.Meta(max_length=16)]
    seq: int | None = None
    boot: str | int | None = None
    mono: float | None = None
    conf: float | None = None
    hist: bool = False


class EnrolDevice(msgspec.Struct, frozen=True, kw_only=True):
    """`enrol_device`, by the shop's owner or manager. Answers `Enrolled`.

    `device_id` and `password` are made by the caller: the same call run twice leaves the device with the password that
    its first answer told. Enrolling the same device anew gives it another one.
    """

    device_id: str
    shop_id: str
    name: str
    password: Annotated[str, msgspec.Meta(min_length=32, max_length=128)]


class RenewDevice(msgspec.Struct, frozen=True, kw_only=True):
    """`renew_device`, by the shop's owner or manager: another password for a device that is there, which ends the one
    before, wherever it is in use or lost. Answers `Enrolled`.

    `password` is made by the caller, as in `EnrolDevice`.
    """

    device_id: str
    shop_id: str
    password: Annotated[str, msgspec.Meta(min_length=32, max_length=128)]


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
    last_seen_at: str | None = None  # within half a minute
    state: Literal["enrolling", "active", "needs_enrolment"] = "active"  # the last: the broker lost its password


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `enrol_device` and `renew_device`. The password is shown this once."""

    device_id: str
    shop_id: str
    name: str
    mqtt: Mqtt


class ShopId(msgspec.Struct, frozen=True, kw_only=True):
    """`list_devices`, by anybody who works there. Answers `Devices`."""

    shop_id: str


class DeviceId(msgspec.Struct, frozen=True, kw_only=True):
    """`remove_device`: its credentials end at once; its readings stay. Answers `None`."""

    shop_id: str
    device_id: str


class Devices(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `list_devices`: all of the shop's, oldest first; a shop has at most 50."""

    items: list[Device]


class Footfall(msgspec.Struct, frozen=True, kw_only=True):
    """`footfall`: times RFC 3339; `bucket` is minute, hour or day (Asia/Taipei). Answers `FootfallBuckets`.

    A minute belongs to the stretch when it begins at or after `from` and before `to`. At most 31 days by the minute,
    400 by the hour or day.
    """

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
