"""How many people came: a question about a stretch of time, in buckets."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.errors import Invalid


class Bucket(StrEnum):
    """Days begin at midnight in Taipei."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


LONGEST = {Bucket.MINUTE: timedelta(days=31), Bucket.HOUR: timedelta(days=400), Bucket.DAY: timedelta(days=400)}


@dataclass(frozen=True)
class Stretch:
    """From `since` on and before `until`: a minute belongs to it when it begins in it."""

    since: datetime
    until: datetime
    bucket: Bucket

    def __post_init__(self) -> None:
        if self.until <= self.since:
            raise Invalid("to must be later than from", field="to")
        if self.until - self.since > LONGEST[self.bucket]:
            days = LONGEST[self.bucket].days
            raise Invalid(f"at most {days} days by the {self.bucket}", field="to", most_days=days)


@dataclass(frozen=True)
class Count:
    """People who went in and out from `start` on."""

    start: datetime
    entered: int
    left: int
