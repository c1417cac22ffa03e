"""What the outside hears of what happened inside: the only door from our words to the contracts'."""

from chassis.clock import rfc3339
from contracts import notify as contract
from notify.domain.bell import BellChanged, Notification


def to_contract(event: BellChanged) -> contract.BellChangedV1:
    """The message of an event."""
    return contract.BellChangedV1(
        user_id=str(event.user_id),
        seq=event.bell.seq,
        unread_count=event.bell.unread,
        item=_item(event.item) if event.item else None,
    )


def _item(seen: Notification) -> contract.BellItem:
    return contract.BellItem(
        notification_id=str(seen.id),
        event_id=str(seen.event_id),
        type=seen.type,
        title=seen.title,
        body=seen.body,
        link=seen.link,
        created_at=rfc3339(seen.created_at),
        seq=seen.seq,
        seen_at=rfc3339(seen.seen_at) if seen.seen_at else None,
        read_at=rfc3339(seen.read_at) if seen.read_at else None,
    )
