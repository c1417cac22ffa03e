"""Where a user's bell rings besides the list, and when it must be quiet. Taiwan is UTC+8 all year."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, timezone
from enum import StrEnum

from chassis.errors import Invalid
from notify.domain.rules import TYPES

TAIPEI = timezone(timedelta(hours=8), "Asia/Taipei")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


class Channel(StrEnum):
    """Ways out of the platform."""

    LINE = "line"
    SNS = "sns"


@dataclass(frozen=True)
class Preferences:
    """One user's. Quiet hours go from `quiet_from` up to, not including, `quiet_to`, and may pass midnight."""

    line: bool = True
    sns: bool = False
    quiet_from: time | None = None
    quiet_to: time | None = None
    muted_types: tuple[str, ...] = ()
    version: int = 0

    @classmethod
    def checked(
        cls, *, line: bool, sns: bool, quiet_from: str | None, quiet_to: str | None, muted: Iterable[str], version: int
    ) -> "Preferences":
        """What a user asks for. Raises Invalid naming the field."""
        start, end = _time(quiet_from, "quiet_from"), _time(quiet_to, "quiet_to")
        if (start is None) != (end is None):
            raise Invalid("quiet hours need both ends", field="quiet_to" if end is None else "quiet_from")
        if start is not None and start == end:
            raise Invalid("quiet hours must not begin when they end", field="quiet_to")
        kinds = tuple(sorted(set(muted)))
        if unknown := [kind for kind in kinds if kind not in TYPES]:
            raise Invalid(f"{unknown[0][:60]!r} is not a type of notification", field="muted_types")
        return cls(line, sns, start, end, kinds, version)

    def wants(self, channel: Channel, kind: str) -> bool:
        """Whether a notification of this type leaves by this channel."""
        return kind not in self.muted_types and (self.line if channel is Channel.LINE else self.sns)

    def not_before(self, moment: datetime) -> datetime:
        """The moment itself, or the end of the quiet hours it falls into. Quiet hours hold back every type."""
        if self.quiet_from is None or self.quiet_to is None:
            return moment
        local = moment.astimezone(TAIPEI)
        now = local.time()
        if self.quiet_from < self.quiet_to:
            quiet = self.quiet_from <= now < self.quiet_to
        else:
            quiet = now >= self.quiet_from or now < self.quiet_to
        if not quiet:
            return moment
        end = datetime.combine(local.date(), self.quiet_to, TAIPEI)
        return end if end > local else end + timedelta(days=1)

    def same_wishes(self, other: "Preferences") -> bool:
        """Whether both ask for the same, whatever their versions."""
        return replace(self, version=0) == replace(other, version=0)


def _time(text: str | None, field: str) -> time | None:
    if text is None:
        return None
    if not _CLOCK.fullmatch(text):
        raise Invalid(f"{field} must be a time HH:MM", field=field)
    return time.fromisoformat(text)
