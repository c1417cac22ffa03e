"""One message of a device: so many people went in or out, then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

#: A device's clock further off than this is worth a look; its readings still count in the minute they name.
SKEW = timedelta(seconds=5)
#: Further off than this the time says nothing: the reading counts when it arrived.
LOST = timedelta(days=1)
#: A reading that says it is history was kept while the line was down, so its time may lie that far back.
HISTORY = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Reading:
    """`message_id` is the device's own and makes the reading unique. `minute` is the minute it counts in."""

    device_id: UUID
    message_id: str
    counted_at: datetime
    received_at: datetime
    minute: datetime
    entering: bool
    people: int
    seen_by: str
    skewed: bool


def minute_of(counted_at: datetime, received_at: datetime, *, history: bool) -> tuple[datetime, bool]:
    """The minute a reading counts in, and whether its clock is to be doubted."""
    ahead = counted_at - received_at
    late = -ahead
    trusted = ahead <= LOST and late <= (HISTORY if history else LOST)
    skewed = ahead > SKEW or (late > SKEW and not history) or not trusted
    moment = counted_at if trusted else received_at
    return moment.replace(second=0, microsecond=0), skewed


@dataclass(frozen=True, slots=True)
class Minute:
    """How many went in and out at one device in one minute, as it stands."""

    shop_id: UUID
    device_id: UUID
    start: datetime
    entered: int
    left: int


@dataclass(frozen=True)
class CountsRecorded:
    """A device's minutes as they stand after new readings."""

    shop_id: UUID
    device_id: UUID
    minutes: tuple[Minute, ...]
