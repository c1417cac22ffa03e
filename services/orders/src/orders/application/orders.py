"""Orders after they were placed: read, called off, shipped, received."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from chassis.errors import Missing
from chassis.ids import lowest_at
from kernel.rights import Right, may
from orders.application import views
from orders.application.ports import CatalogDirectory, Clock, OrderPage, Reader, Units
from orders.application.staffing import Staffing
from orders.application.views import View
from orders.domain import text
from orders.domain.order import Order, Status, VoidReason

TAIPEI = timezone(timedelta(hours=8))
LONGEST_TRACKING_NUMBER = 60


class OrderDesk:
    """Use cases of orders. Whoever is neither the buyer nor one of the shop's people finds nothing: Missing;
    one of the people whose role does not reach so far is told: RoleRequired.
    """

    def __init__(self, units: Units, reader: Reader, staffing: Staffing, now: Clock) -> None:
        self._units = units
        self._reader = reader
        self._staffing = staffing
        self._now = now

    def get(self, by: UUID, order_id: UUID, catalog: CatalogDirectory) -> View:
        """One order. Raises Missing."""
        placed = self._reader.orders([order_id]).get(order_id)
        if placed is None:
            raise Missing
        if placed.order.buyer_id != by:
            self._staffing.require(by, placed.order.shop_id, Right.SEE_ORDERS, catalog)
        return views.order(placed)

    def mine(self, by: UUID, status: Status | None, shop_id: UUID | None, before: UUID | None, limit: int) -> View:
        """The buyer's orders, newest first."""
        return _page(self._reader.orders_of_buyer(by, _statuses(status), shop_id, before, limit))

    def of_seller(
        self,
        by: UUID,
        status: Status | None,
        shop_id: UUID | None,
        before: UUID | None,
        limit: int,
        catalog: CatalogDirectory,
    ) -> View:
        """Orders of one shop or of all whose people the caller belongs to, newest first. Raises Missing."""
        if shop_id is not None:
            self._staffing.require(by, shop_id, Right.SEE_ORDERS, catalog)
            shops = [shop_id]
        else:
            shops = [shop for shop, role in self._reader.roles_of(by).items() if may(role, Right.SEE_ORDERS)]
        return _page(self._reader.orders_of_shops(shops, _statuses(status), before, limit))

    def dashboard(self, by: UUID) -> View:
        """How many orders of the caller's shops stand where, and what today (in Taiwan) has brought.

        Money is told of shops where the caller may see it; `revenue_today` is None where that is none of them.
        """
        roles = self._reader.roles_of(by)
        shops = [shop for shop, role in roles.items() if may(role, Right.SEE_ORDERS)]
        earning = [shop for shop, role in roles.items() if may(role, Right.SEE_MONEY)]
        counts = self._reader.count(shops)
        midnight = self._now().astimezone(TAIPEI).replace(hour=0, minute=0, second=0, microsecond=0)
        day = self._reader.day(shops, earning, lowest_at(midnight.astimezone(UTC)))
        return {
            "counts": {status.value: counts.get(status, 0) for status in Status},
            "orders_today": day.orders,
            "revenue_today": day.revenue if earning or not shops else None,
        }

    def cancel(self, by: UUID, order_id: UUID, catalog: CatalogDirectory) -> View:
        """Buyer or shop call it off; an order that is void already stays so.

        Raises Missing, RoleRequired, IllegalTransition.
        """
        buyer = self._buyer(order_id)
        if buyer != by:
            self._staffing.require(by, self._placed(order_id).shop_id, Right.CANCEL_ORDERS, catalog)
        reason = VoidReason.CANCELLED_BY_BUYER if buyer == by else VoidReason.CANCELLED_BY_SELLER
        return self._move(order_id, lambda order, at: order.cancel(reason, by, at))

    def ship(self, by: UUID, order_id: UUID, tracking_number: str | None, catalog: CatalogDirectory) -> View:
        """The shop hands the goods over. Raises Missing, RoleRequired, Invalid, IllegalTransition."""
        number = None
        if tracking_number is not None:
            number = text.line(tracking_number, "tracking_number", LONGEST_TRACKING_NUMBER)
        self._staffing.require(by, self._placed(order_id).shop_id, Right.SHIP_ORDERS, catalog)
        return self._move(order_id, lambda order, at: order.ship(by, at, number))

    def receive(self, by: UUID, order_id: UUID) -> View:
        """The buyer has the goods. Raises Missing, IllegalTransition."""
        if self._buyer(order_id) != by:
            raise Missing
        return self._move(order_id, lambda order, at: order.receive(by, at))

    def _buyer(self, order_id: UUID) -> UUID:
        return self._placed(order_id).buyer_id

    def _placed(self, order_id: UUID) -> Order:
        placed = self._reader.orders([order_id]).get(order_id)
        if placed is None:
            raise Missing
        return placed.order

    def _move(self, order_id: UUID, move: Callable[[Order, datetime], None]) -> View:
        with self._units() as unit:
            order = unit.orders.get(order_id)
            if order is None:
                raise Missing
            refunds = order.payment
            move(order, self._now())
            if order.steps:
                unit.orders.save([order])
                unit.publish(*order.events)
            if order.payment is not refunds:
                unit.payments.wake(order_id)
        return views.order(self._reader.orders([order_id])[order_id])


def _statuses(status: Status | None) -> tuple[Status, ...]:
    return (status,) if status else tuple(Status)


def _page(page: OrderPage) -> View:
    return {
        "items": [views.order(one) for one in page.orders],
        "next_cursor": str(page.more) if page.more else None,
    }
