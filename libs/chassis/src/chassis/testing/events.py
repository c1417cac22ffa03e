"""Events as the relay sends them."""

from uuid import UUID

import contracts
from chassis.clock import now, rfc3339
from chassis.ids import uuid7
from contracts import Message


def an_event(name: str = "阿明", *, id: str | None = None) -> bytes:
    """A `users.seller_changed` as the relay sends it, with a new id unless one is given."""
    message = contracts.users.SellerChangedV1(
        user_id="u-1", version=1, state="approved", display_name=name, changed_at=rfc3339(now())
    )
    return contracts.encode(message, event_id=id or str(uuid7()), time=rfc3339(now()))


def encoded(message: Message, event_id: UUID | None = None) -> bytes:
    """Any event as the relay sends it, with a new id unless one is given."""
    return contracts.encode(message, event_id=str(event_id or uuid7()), time=rfc3339(now()))
