"""Deliveries out of the platform: waiting, then delivered or given up. What an answer means for the next try."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from kernel.locales import DEFAULT, Locale
from notify.domain.preferences import Channel

#: Nothing is pushed later than this after its event. LINE forgets a retry key 24 hours after the first request.
FRESH_FOR = timedelta(hours=20)
LONGEST_PAUSE = 600.0  # seconds between two tries


class Answer(StrEnum):
    """What became of one try."""

    ACCEPTED = "accepted"  # taken now, or by an earlier try under the same retry key
    TOO_FAST = "rate_limited"  # nothing was taken; later it would be
    QUOTA = "quota"  # the month's messages are used up
    REFUSED = "refused"  # it will never be taken
    FAILED = "failed"  # no answer, or the other side's fault: it may have been taken


@dataclass(frozen=True)
class Tried:
    """An answer with its reason, a short word of ours or of the service's; never a text, token or body."""

    answer: Answer
    reason: str = ""


@dataclass(frozen=True)
class NewDelivery:
    """To be made in the transaction of its notification. The retry key exists before the first try."""

    id: UUID
    notification_id: UUID
    user_id: UUID
    channel: Channel
    address: str  # the LINE user; empty for SNS
    retry_key: UUID
    not_before: datetime
    expires_at: datetime
    locale: Locale = DEFAULT  # every try says the same, also after another language was chosen


@dataclass(frozen=True)
class Delivery:
    """One claimed delivery. `missed` counts earlier ones that the quota swallowed; this one mentions them."""

    id: UUID
    notification_id: UUID
    event_id: UUID
    user_id: UUID
    channel: Channel
    address: str
    retry_key: UUID
    attempts: int  # this one included
    expires_at: datetime
    type: str
    title: str
    body: str
    link: str
    locale: Locale = DEFAULT
    missed: int = 0
    reachable: bool = True  # still bound to this address, which has not blocked the account

    @property
    def claim(self) -> tuple[UUID, int]:
        """What tells this claim from an earlier or later one of the same delivery."""
        return self.id, self.attempts


class State(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True)
class Verdict:
    """What a try makes of its delivery. `pause` in seconds, for one that goes on waiting."""

    delivery: Delivery
    state: State
    reason: str = ""
    pause: float = 0.0

    @property
    def swallowed(self) -> bool:
        """Whether the monthly quota was the end of it."""
        return self.state is State.GIVEN_UP and self.reason == Answer.QUOTA


def judged(delivery: Delivery, tried: Tried, luck: float) -> Verdict:
    """The delivery after a try. `luck` between 0 and 1 spreads the next ones."""
    if tried.answer is Answer.ACCEPTED:
        return Verdict(delivery, State.DELIVERED, tried.reason)
    if tried.answer is Answer.QUOTA:
        return Verdict(delivery, State.GIVEN_UP, Answer.QUOTA)
    if tried.answer is Answer.REFUSED:
        return Verdict(delivery, State.GIVEN_UP, tried.reason or Answer.REFUSED)
    return Verdict(delivery, State.WAITING, tried.reason or tried.answer, backoff(delivery.attempts, luck))


def backoff(attempts: int, luck: float) -> float:
    """Seconds until the next try: doubling from one second, up to ten minutes, each shortened by up to a half."""
    longest = min(2.0 ** min(attempts - 1, 30), LONGEST_PAUSE)
    return longest * (1 - luck / 2)


def hopeless(delivery: Delivery, now: datetime) -> Verdict | None:
    """The verdict on a delivery that must not be tried any more."""
    if now >= delivery.expires_at:
        return Verdict(delivery, State.GIVEN_UP, "too_late")
    if not delivery.reachable:
        return Verdict(delivery, State.GIVEN_UP, "unreachable")
    return None
