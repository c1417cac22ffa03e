"""Stock: set and changed by shops, reserved for orders."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from catalog.application import views
from catalog.application.ports import Reader, UnitOfWork, Units
from catalog.application.views import View
from catalog.domain import text
from catalog.domain.errors import KeyReused
from catalog.domain.events import StockLow
from catalog.domain.product import State
from catalog.domain.stock import LedgerEntry, Move, OrderState, Placed, StockBook, StockLevel
from chassis.errors import Missing
from kernel.rights import Right, require


@dataclass(frozen=True)
class ChangeStock:
    """So many more, or fewer, once for each key. With `order_id` they are goods of that order that came back."""

    by: UUID
    variant_id: UUID
    add: int
    key: str
    order_id: UUID | None = None


class StockDesk:
    """Use cases of stock."""

    def __init__(self, units: Units, reader: Reader) -> None:
        self._units = units
        self._reader = reader

    def put(self, by: UUID, variant_id: UUID, quantity: int) -> View:
        """on_hand becomes `quantity`. Raises Missing, RoleRequired, Invalid, StockBelowReserved."""
        with self._units() as unit:
            level = self._locked(unit, by, variant_id)
            before = level.available
            if delta := level.set(quantity):
                self._keep(unit, level, before, LedgerEntry(variant_id, delta, "set", by=by))
        return views.stock(level)

    def change(self, command: ChangeStock) -> View:
        """The stock then. Repeated with the same key it changes nothing more, and answers the stock as it is.

        Raises Missing, RoleRequired, Invalid, StockBelowReserved, NotReturnable, KeyReused.
        """
        key = text.line(command.key, "key", 128)
        with self._units() as unit:
            level = self._locked(unit, command.by, command.variant_id)
            known = unit.stock.entry(command.variant_id, key)
            if known is not None:
                if (known.delta, known.order_id) != (command.add, command.order_id):
                    raise KeyReused("this key stands for another change")
                return views.stock(level)
            returnable = unit.stock.returnable(command.order_id, command.variant_id) if command.order_id else None
            before = level.available
            delta = level.add(command.add, returnable)
            reason = "returned" if command.order_id else "added" if delta > 0 else "subtracted"
            entry = LedgerEntry(command.variant_id, delta, reason, command.order_id, command.by, key)
            self._keep(unit, level, before, entry)
        return views.stock(level)

    def ledger(self, by: UUID, variant_id: UUID, before: int | None, limit: int) -> View:
        """Every change of on_hand, the latest first, a page at a time. Raises Missing."""
        self._seen(by, variant_id)
        entries = self._reader.ledger(variant_id, before, limit + 1)
        more = str(entries[limit - 1].entry_id) if len(entries) > limit else None
        return {"items": [views.ledger_entry(one) for one in entries[:limit]], "next_cursor": more}

    def of_order(self, by: UUID, order_id: UUID) -> View:
        """What became of an order's pieces, for the people of the shop they are from. Raises Missing."""
        lines = self._reader.order_stock(order_id)
        if not lines:
            raise Missing
        self._may_see(by, lines[0].shop_id)
        return {"order_id": str(order_id), "lines": [views.order_stock(one) for one in lines]}

    def _seen(self, by: UUID, variant_id: UUID) -> None:
        product = self._reader.of_variants([variant_id]).get(variant_id)
        if product is None:
            raise Missing
        self._may_see(by, product.shop_id)

    def _may_see(self, by: UUID, shop_id: UUID) -> None:
        require(self._reader.roles([(shop_id, by)]).get((shop_id, by)), Right.SEE)

    def _locked(self, unit: UnitOfWork, by: UUID, variant_id: UUID) -> StockLevel:
        product_id = unit.products.of_variant(variant_id)
        product = unit.products.get(product_id) if product_id else None
        if product is None or product.state is State.DELETED:
            raise Missing
        require(unit.shops.role(product.shop_id, by), Right.SET_STOCK)
        product.variant(variant_id)
        levels, _ = unit.stock.lock([variant_id])
        return levels[variant_id]

    @staticmethod
    def _keep(unit: UnitOfWork, level: StockLevel, before: int, entry: LedgerEntry) -> None:
        unit.stock.save_level(level, entry)
        unit.publish(level.changed())
        if level.ran_low(before):
            tell_low(unit, [level])

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
        if low := book.ran_low():
            tell_low(unit, low)


def tell_low(unit: UnitOfWork, levels: Iterable[StockLevel]) -> None:
    """Tells that these have run low. Rare, so what the variants are called is looked up only then."""
    low = {level.variant_id: level for level in levels}
    for one in unit.stock.labels(sorted(low)):
        level = low[one.variant_id]
        unit.publish(
            StockLow(
                one.variant_id,
                level.product_id,
                one.shop_id,
                one.seller_id,
                one.name,
                one.options,
                level.available,
                level.low_at or 0,
            )
        )
