"""What tests of the chassis and of services make events with."""

import contracts
from chassis.clock import now, rfc3339
from chassis.ids import uuid7


def an_event(name: str = "阿明", *, id: str | None = None) -> bytes:
    """A `users.seller_changed` as the relay sends it, with a new id unless one is given."""
    message = contracts.users.SellerChangedV1(
        user_id="u-1", version=1, state="approved", display_name=name, changed_at=rfc3339(now())
    )
    return contracts.encode(message, event_id=id or str(uuid7()), time=rfc3339(now()))
