"""What the use cases need from outside. Adapters implement it for real, tests in memory."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from kernel.locales import Locale
from notify.domain.bell import Bell, BellChanged, Notification, Ring
from notify.domain.chat import Command, Friendship, Inbound, Reply
from notify.domain.delivery import Delivery, NewDelivery, Tried, Verdict
from notify.domain.preferences import Channel, Preferences
from notify.domain.rules import Shop

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]
Luck = Callable[[], float]


@dataclass(frozen=True)
class ShopCopy:
    """A shop as catalog told us."""

    shop_id: UUID
    name: str
    people: tuple[UUID, ...]
    version: int


@dataclass(frozen=True)
class BindingCopy:
    """Whom a user is bound to, as users told us; None after unbinding."""

    user_id: UUID
    line_user_id: str | None
    version: int


@dataclass(frozen=True)
class LocaleCopy:
    """The language a user reads, as users told us."""

    user_id: UUID
    locale: Locale
    version: int


@dataclass(frozen=True)
class Rung:
    """A notification that was added, the bell it made, and what its recipient wants. `line_user_id` is only there
    when it can be reached.
    """

    ring: Ring
    bell: Bell
    preferences: Preferences = field(default_factory=Preferences)
    line_user_id: str | None = None


class Bells(Protocol):
    """Bells and their lists."""

    def ring(self, rings: Sequence[Ring], at: datetime) -> list[Rung]:
        """Adds what is not there yet and moves each recipient's bell, users in the order of their ids. One round
        trip for all; answers what was added, in its order.
        """

    def lock(self, user_id: UUID) -> Bell:
        """The bell, held until the transaction ends; nobody's is at nought."""

    def mark_read(self, user_id: UUID, notification_id: UUID, at: datetime) -> bool | None:
        """Whether it was unread; None when the user has no such notification."""

    def mark_all_read(self, user_id: UUID, at: datetime) -> int:
        """How many were unread."""

    def save(self, user_id: UUID, bell: Bell) -> None:
        """Writes a locked bell."""


class Shops(Protocol):
    """The copies of shops."""

    def put(self, copies: Sequence[ShopCopy]) -> None:
        """Keeps the newer ones; one per shop, in the order of their ids."""


class Audience(Protocol):
    """Who may hear of something, and in which language."""

    def get(
        self, shop_ids: Collection[UUID], user_ids: Collection[UUID]
    ) -> tuple[Mapping[UUID, Shop], Mapping[UUID, Locale]]:
        """Shops that are known, and the languages of their people and of these users. Who never chose one is absent.
        One round trip.
        """

    def read_in(self, copies: Sequence[LocaleCopy]) -> None:
        """Keeps the newer languages; one per user, in the order of their ids."""


class LinePeople(Protocol):
    """Who is bound to which LINE user, and who of those can be reached."""

    def bind(self, copies: Sequence[BindingCopy]) -> None:
        """Keeps the newer ones; one per user, in the order of their ids."""

    def befriend(self, news: Sequence[Friendship]) -> None:
        """Keeps the latest; one per LINE user, in the order of their ids."""


class Wishes(Protocol):
    """Preferences."""

    def get(self, user_id: UUID) -> Preferences:
        """The user's, or what everybody begins with."""

    def put(self, user_id: UUID, wanted: Preferences) -> bool:
        """Writes them if the stored version is `wanted.version - 1`."""


class Outgoing(Protocol):
    """What leaves the platform later."""

    def deliver(self, deliveries: Sequence[NewDelivery]) -> None:
        """Adds deliveries and wakes the work process when the transaction commits."""

    def answer(self, inbound: Sequence[Inbound]) -> None:
        """Adds chat events to be answered; those already there are not added again."""


class UnitOfWork(Protocol):
    """One open transaction. What is published goes out when it commits."""

    bells: Bells
    shops: Shops
    audience: Audience
    line: LinePeople
    wishes: Wishes
    outgoing: Outgoing

    def publish(self, *events: BellChanged) -> None:
        """Adds events to the transaction."""


Units = Callable[[], AbstractContextManager[UnitOfWork]]


@dataclass(frozen=True)
class Changes:
    """A bell as it stands, and what was added after some seq."""

    bell: Bell
    items: list[Notification]
    complete: bool


class Reader(Protocol):
    """Questions that change nothing; each is one round trip."""

    def page(self, user_id: UUID, unread: bool, before: UUID | None, limit: int) -> tuple[Bell, list[Notification]]:
        """The bell, and up to `limit` notifications, newest first, older than the one named `before`."""

    def bells(self, user_ids: Collection[UUID]) -> Mapping[UUID, Bell]:
        """Bells by user; those never rung are absent."""

    def after(self, asked: Sequence[tuple[UUID, int]], most: int) -> list[Changes]:
        """For each (user, seq) what was added later, in the order of seq, `most` at the most, by position."""

    def preferences(self, user_id: UUID) -> Preferences:
        """The user's, or what everybody begins with."""


class Seen(Protocol):
    """Marks what was listed."""

    def __call__(self, user_id: UUID, notification_ids: Sequence[UUID], at: datetime) -> None:
        """These were shown to their owner; no bell moves."""


class Deliveries(Protocol):
    """Deliveries as the work process sees them. Every method is one short transaction of its own."""

    def claim(self, channel: Channel, limit: int, lease: float) -> list[Delivery]:
        """Due ones that nobody else has, and which nobody else gets for `lease` seconds. While LINE's budget is
        closed, its due ones are given up instead.
        """

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Writes what became of claimed ones. What is settled already stays as it is, and what another one has claimed
        since stays theirs, unless it has arrived.
        """

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """Claimed, but not tried: due again at once, and the claim does not count as a try. What another one has
        claimed since stays theirs.
        """

    def close_budget(self, until: datetime, refused_at: datetime) -> None:
        """No LINE message leaves before `until`."""


class Budget(Protocol):
    """The month's budget of LINE messages."""

    def refused_at(self) -> datetime | None:
        """When LINE refused a push last; None while the budget is open."""

    def open(self, refused_at: datetime) -> bool:
        """Pushes go on, unless LINE has refused another since that one. Whether they do."""


class Quota(Protocol):
    """LINE's own count."""

    def messages_left(self) -> bool:
        """Whether the month has messages left; False when LINE does not say."""


class Way(Protocol):
    """A way out. Called from several threads at once; never raises for what the other side does."""

    def send(self, delivery: Delivery) -> Tried:
        """One try, bounded in time."""


@dataclass(frozen=True)
class Question:
    """One claimed chat event. `user_id` is the bound user."""

    event_id: str
    line_user_id: str
    command: Command
    reply_token: str
    received_at: datetime
    user_id: UUID | None


class ChatInbox(Protocol):
    """Chat events as the work process sees them."""

    def claim(self, limit: int, lease: float) -> list[Question]:
        """Waiting ones that nobody else has."""

    def settle(self, event_id: str, state: str) -> None:
        """`answered`, `expired` or `failed`: its reply token is forgotten."""

    def later(self, event_id: str, pause: float) -> None:
        """Waits, and is tried again after `pause` seconds."""


class ChatLine(Protocol):
    """LINE as the chat needs it. Never raises for what LINE does."""

    def link_token(self, line_user_id: str) -> str | None:
        """A one-time token to bind this LINE user; None when LINE gives none now."""

    def reply(self, reply_token: str, reply: Reply) -> Tried:
        """Answers an event, once and free of charge."""
