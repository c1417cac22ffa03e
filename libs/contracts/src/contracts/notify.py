"""What notify says and answers: the bell, its items, preferences.

Methods without a request of their own, all of the principal: `unread_count` (also coalesced, `unread_count_many`),
`read_all`, `get_preferences`. `list_after_many` is the coalesced `ListAfter`; its items need no principal, since only
the gateway asks, for the streams it holds.
"""

from typing import ClassVar

import msgspec

from contracts.message import Message


class BellItem(msgspec.Struct, frozen=True, kw_only=True):
    """One notification as its recipient sees it."""

    notification_id: str
    event_id: str
    type: str
    title: str
    body: str
    link: str
    created_at: str
    seq: int
    seen_at: str | None = None
    read_at: str | None = None


class BellChangedV1(Message, frozen=True, kw_only=True):
    """A user's bell changed. `seq` grows by exactly one per change; `item` is absent when only read state changed."""

    source: ClassVar[str] = "notify"
    topic: ClassVar[str] = "notify.bell_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("gateway",)
    subject_field: ClassVar[str] = "user_id"

    user_id: str
    seq: int
    unread_count: int
    item: BellItem | None = None


class ListNotifications(msgspec.Struct, frozen=True, kw_only=True):
    """`list_notifications` of the principal, newest first. `limit` 1 to 100; `cursor` is the `next_cursor` before."""

    unread: bool = False
    cursor: str | None = None
    limit: int = 20


class NotificationPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page; `next_cursor` is absent on the last."""

    items: list[BellItem]
    unread_count: int
    next_cursor: str | None = None


class ReadNotification(msgspec.Struct, frozen=True, kw_only=True):
    """`read_notification`: reading twice is reading once."""

    notification_id: str


class UnreadCount(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `unread_count`, `read_notification` and `read_all`."""

    unread_count: int
    seq: int


class ListAfter(msgspec.Struct, frozen=True, kw_only=True):
    """One item of `list_after_many`: all changes of a user's bell after `seq`, in seq order, 200 at the most."""

    user_id: str
    seq: int


class BellChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of one `list_after_many` item. `complete` is false when there were more changes than are listed.

    `seq` and `unread_count` are the bell's now. Reads move `seq` without an item, so items may have gaps between their
    seqs, and the last may be below `seq`.
    """

    seq: int
    unread_count: int
    items: list[BellItem]
    complete: bool = True


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """Where a user's bell rings besides the list. Quiet hours are local times `HH:MM` in Asia/Taipei, both or neither.

    `put_preferences` sends the version that was seen, 0 at first, and gets the next; `stale_version` otherwise.
    """

    line: bool = True
    sns: bool = False
    quiet_from: str | None = None
    quiet_to: str | None = None
    muted_types: list[str] = []
    version: int = 0
