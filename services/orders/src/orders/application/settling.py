"""Catalog's answers to placed orders, settled a batch at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from orders.application.ports import Clock, UnitOfWork
from orders.domain.order import VoidReason


class OrderUnknown(LookupError):
    """Stock is held for an order that was never placed here: worth a second look, then a person's."""


@dataclass(frozen=True, slots=True)
class StockAnswer:
    """All lines of an order are held, or none for a reason."""

    order_id: UUID
    rejected: VoidReason | None = None


class Settling:
    """Confirms or voids pending orders; an unpaid one has `pay_within` to be paid."""

    def __init__(self, now: Clock, pay_within: timedelta) -> None:
        self._now = now
        self._pay_within = pay_within

    def settle(self, answers: Sequence[StockAnswer], unit: UnitOfWork) -> None:
        """Applies answers in their order, within the transaction of their events. Late ones change nothing.

        Raises OrderUnknown.
        """
        found = unit.orders.get_many({answer.order_id for answer in answers})
        now = self._now()
        for answer in answers:
            order = found.get(answer.order_id)
            if order is None:
                raise OrderUnknown(f"order {answer.order_id} is not here")
            if answer.rejected is None:
                order.reserved(now, self._pay_within)
            else:
                order.rejected(answer.rejected, now)
        moved = [order for order in found.values() if order.steps]
        if moved:
            unit.orders.save(moved)
        unit.publish(*(event for order in moved for event in order.events))
