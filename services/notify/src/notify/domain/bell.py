"""Notifications and the state of a user's bell."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.locales import DEFAULT, Locale


@dataclass(frozen=True)
class Ring:
    """A notification to be made for one recipient of an event, in their language. `event_at` is when it happened."""

    notification_id: UUID
    event_id: UUID
    event_at: datetime
    user_id: UUID
    type: str
    title: str
    body: str
    link: str
    locale: Locale = DEFAULT


@dataclass(frozen=True)
class Notification:
    """One row of a user's list. `seq` is the bell's when this was added; reading it later does not change it."""

    id: UUID
    event_id: UUID
    user_id: UUID
    type: str
    title: str
    body: str
    link: str
    seq: int
    created_at: datetime
    seen_at: datetime | None = None
    read_at: datetime | None = None


@dataclass(frozen=True)
class Bell:
    """How a user's bell stands: `seq` grows by exactly one with every change, `unread` is what the badge shows."""

    seq: int = 0
    unread: int = 0


@dataclass(frozen=True)
class BellChanged:
    """A change of a bell, and the notification that made it. Without one, something was read."""

    user_id: UUID
    bell: Bell
    item: Notification | None = None
