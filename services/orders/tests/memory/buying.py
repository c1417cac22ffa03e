"""Carts and checkouts, and the copies of what is sold."""

from datetime import timedelta

from chassis.testing.memory import Part
from orders.application.ports import Duplicate, StoredCheckout, Turn
from services.orders.tests.memory.orders import at_rest


class MemoryCarts(Part):
    def lock(self, buyer_ids):
        for buyer in buyer_ids:
            self.store.carts.setdefault(buyer, {})

    def admit(self, buyer_ids, at):
        for buyer in buyer_ids:
            turn = self.store.turns.get(buyer)
            running = turn is not None and turn.since > at - timedelta(minutes=1)
            self.store.turns[buyer] = Turn(turn.count + 1, turn.since) if running else Turn(1, at)
        return {buyer: self.store.turns[buyer] for buyer in buyer_ids}

    def lines(self, buyer_ids):
        return {buyer: self.store.lines(buyer) for buyer in buyer_ids}

    def lines_of_shops(self, wanted):
        asked = set(wanted)
        return {
            buyer: [line for line in self.store.lines(buyer) if (buyer, line.offer.shop_id) in asked]
            for buyer in {buyer for buyer, _ in asked}
        }

    def put(self, lines):
        if self.store.faults:
            raise self.store.faults.pop(0)
        for buyer, line in lines:
            self.store.carts[buyer][line.offer.variant_id] = (line.quantity, line.price_version)

    def remove(self, lines):
        for buyer, variant in lines:
            self.store.carts.get(buyer, {}).pop(variant, None)


class MemoryCheckouts(Part):
    def stored(self, keys):
        wanted = set(keys)
        return {(b, k): kept for b, k, kept, _ in self.store.checkouts.values() if (b, k) in wanted}

    def release(self, checkout_ids):
        for checkout_id in checkout_ids:
            self.store.checkouts[checkout_id][1] = None

    def add(self, placements):
        if self.store.faults:
            raise self.store.faults.pop(0)
        for placement in placements:
            wish, ids = placement.wish, [one.order.id for one in placement.orders]
            if wish.checkout_id in self.store.checkouts or set(ids) & set(self.store.orders):
                raise Duplicate("id")
            kept = StoredCheckout(wish.checkout_id, wish.fingerprint, placement.at)
            self.store.checkouts[wish.checkout_id] = [wish.by, wish.key, kept, ids]
            for one in placement.orders:
                self.store.orders[one.order.id] = at_rest(self.store, one)


class MemoryCopies(Part):
    def put_offers(self, offers):
        self.store.offers.update({offer.variant_id: offer for offer in offers})

    def put_shops(self, shops):
        self.store.shops.update({shop.id: shop for shop in shops})
