"""How a bell looks to whoever asked: plain values, ready for any wire."""

from datetime import datetime, time
from typing import Any

from chassis.clock import rfc3339
from notify.domain.bell import Bell, Notification
from notify.domain.preferences import Preferences

View = dict[str, Any]


def item(seen: Notification) -> View:
    """One notification."""
    return {
        "notification_id": str(seen.id),
        "event_id": str(seen.event_id),
        "type": seen.type,
        "title": seen.title,
        "body": seen.body,
        "link": seen.link,
        "created_at": rfc3339(seen.created_at),
        "seq": seen.seq,
        "seen_at": _moment(seen.seen_at),
        "read_at": _moment(seen.read_at),
    }


def bell(seen: Bell) -> View:
    """What the badge shows, and the seq it stands for."""
    return {"unread_count": seen.unread, "seq": seen.seq}


def preferences(seen: Preferences) -> View:
    """A user's wishes."""
    return {
        "line": seen.line,
        "sns": seen.sns,
        "quiet_from": _clock(seen.quiet_from),
        "quiet_to": _clock(seen.quiet_to),
        "muted_types": list(seen.muted_types),
        "version": seen.version,
    }


def _moment(at: datetime | None) -> str | None:
    return rfc3339(at) if at else None


def _clock(at: time | None) -> str | None:
    return f"{at:%H:%M}" if at else None
