"""Stock: set by shops, reserved for orders."""

from collections.abc import Sequence
from uuid import UUID

from catalog.application import views
from catalog.application.ports import UnitOfWork, Units
from catalog.application.views import View
from catalog.domain.product import State
from catalog.domain.shop import Right, require
from catalog.domain.stock import LedgerEntry, Move, OrderState, Placed, StockBook
from chassis.errors import Missing


class StockDesk:
    """Use cases of stock."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def put(self, by: UUID, variant_id: UUID, quantity: int) -> View:
        """on_hand becomes `quantity`. Raises Missing, RoleRequired, Invalid, StockBelowReserved."""
        with self._units() as unit:
            product_id = unit.products.of_variant(variant_id)
            product = unit.products.get(product_id) if product_id else None
            if product is None or product.state is State.DELETED:
                raise Missing
            require(unit.shops.role(product.shop_id, by), Right.SET_STOCK)
            product.variant(variant_id)
            levels, _ = unit.stock.lock([variant_id])
            level = levels[variant_id]
            if delta := level.set(quantity):
                unit.stock.save_level(level, LedgerEntry(variant_id, delta, "set", by=by))
                unit.publish(level.changed())
        return views.stock(level)

    def settle(self, moves: Sequence[Move], unit: UnitOfWork) -> None:
        """Applies placed, voided and shipped orders in their order, within the transaction of their events.

        Orders are locked before variants, both in the order of their ids, as every writer of stock does.
        Raises ReservationUnknown.
        """
        orders = unit.stock.claim_orders({move.order_id for move in moves})
        wanted = {line.variant_id for order in orders.values() for line in order.lines}
        for move in moves:
            if isinstance(move, Placed) and orders[move.order_id].state is OrderState.UNKNOWN:
                wanted.update(line.variant_id for line in move.lines)
        levels, offers = unit.stock.lock(wanted) if wanted else ({}, {})
        book = StockBook(levels, offers, orders)
        for move in moves:
            book.take(move)
        changed = book.changed_levels()
        if book.changed_orders():
            unit.stock.save_book(book, changed)
        unit.publish(*book.answers, *(level.changed() for level in changed))
