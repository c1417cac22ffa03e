"""A try to pay an order with LINE Pay: what LINE needs. Where the money stands is the order's payment status."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(eq=False, slots=True)
class Payment:
    """One try. `line_order_id` is LINE Pay's orderId, used once for ever; `next_at` is when there is something to do.

    The `…_sent_at` are set before a call goes out: what was sent may have been done, whatever came back.
    """

    order_id: UUID
    attempt: int
    line_order_id: str
    buyer_id: UUID
    amount: int
    key: str
    fingerprint: str
    created_at: datetime
    transaction_id: str | None = None
    payment_url: str | None = None
    next_at: datetime | None = None
    tries: int = 0
    requested_at: datetime | None = None
    confirm_sent_at: datetime | None = None
    refund_sent_at: datetime | None = None
    captured_at: datetime | None = None
    refunded_at: datetime | None = None
    error: str | None = None

    @classmethod
    def begun(
        cls, order_id: UUID, attempt: int, buyer_id: UUID, amount: int, key: str, fingerprint: str, at: datetime
    ) -> "Payment":
        """A new try, to be sent at once."""
        return cls(
            order_id=order_id,
            attempt=attempt,
            line_order_id=line_order_id(order_id, attempt),
            buyer_id=buyer_id,
            amount=amount,
            key=key,
            fingerprint=fingerprint,
            created_at=at,
            next_at=at,
        )


def line_order_id(order_id: UUID, attempt: int) -> str:
    """What LINE Pay calls this try of an order."""
    return str(order_id) if attempt == 1 else f"{order_id}-{attempt}"
