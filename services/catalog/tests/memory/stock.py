"""Levels, reservations and the ledger."""

from catalog.application.ports import LedgerLine, OrderLine, VariantLabel
from catalog.domain.stock import Offer, OrderStock, StockLevel
from chassis.testing.memory import Part
from services.catalog.tests.memory.store import NOON, seen


class MemoryStock(Part):
    def open(self, product_id, variant_ids):
        self.store.levels.update({one: StockLevel(one, product_id) for one in variant_ids})

    def lock(self, variant_ids):
        levels, offers = {}, {}
        for variant_id in variant_ids:
            if variant_id not in self.store.levels:
                continue
            levels[variant_id] = self.store.levels[variant_id]
            product = seen(self.store, levels[variant_id].product_id)
            variant = next(one for one in product.variants if one.id == variant_id)
            levels[variant_id].low_at = variant.low_stock_at
            offers[variant_id] = Offer(product.shop_id, variant.price_version, product.public and not variant.deleted)
        return levels, offers

    def claim_orders(self, order_ids):
        return {one: self.store.orders.setdefault(one, OrderStock(one)) for one in order_ids}

    def entry(self, variant_id, key):
        return next((one for one in self.store.ledger if (one.variant_id, one.key) == (variant_id, key)), None)

    def returnable(self, order_id, variant_id):
        return -sum(one.delta for one in self.store.ledger if (one.order_id, one.variant_id) == (order_id, variant_id))

    def labels(self, variant_ids):
        labels = []
        for variant_id in variant_ids:
            product = seen(self.store, self.store.levels[variant_id].product_id)
            [one] = [one for one in product.variants if one.id == variant_id]
            labels.append(VariantLabel(variant_id, product.shop_id, product.seller_id, product.name, one.options))
        return labels

    def save_level(self, level, entry):
        self.store.ledger.append(entry)

    def save_book(self, book, levels):
        self.store.ledger.extend(book.entries)
        for entry in book.entries:
            self.store.products[self.store.levels[entry.variant_id].product_id].sold -= entry.delta


class MemoryStockReader(Part):
    def ledger(self, variant_id, before, limit):
        lines = [LedgerLine(at, one, NOON) for at, one in enumerate(self.store.ledger) if one.variant_id == variant_id]
        return [one for one in reversed(lines) if before is None or one.entry_id < before][:limit]

    def order_stock(self, order_id):
        order = self.store.orders.get(order_id, OrderStock(order_id))
        return [
            OrderLine(
                shop_id=seen(self.store, self.store.levels[line.variant_id].product_id).shop_id,
                line_id=line.line_id,
                variant_id=line.variant_id,
                quantity=line.quantity,
                state=order.state.value,
                returned=sum(
                    one.delta
                    for one in self.store.ledger
                    if (one.order_id, one.variant_id, one.reason) == (order_id, line.variant_id, "returned")
                ),
                created_at=NOON,
                changed_at=NOON,
            )
            for line in order.lines
        ]
