"""Carts and checkouts, and the copies of what is sold."""

from datetime import timedelta

from chassis.testing.memory import Part
from orders.application.ports import Duplicate, Standing, StoredCheckout, Turn
from services.orders.tests.memory.orders import at_rest


class MemoryCarts(Part):
    def lock(self, buyer_ids):
        for buyer in buyer_ids:
            self.store.carts.setdefault(buyer, {})

    def lines(self, buyer_ids):
        return {buyer: self.store.lines(buyer) for buyer in buyer_ids}

    def put(self, lines):
        if self.store.faults:
            raise self.store.faults.pop(0)
        for buyer, line in lines:
            self.store.carts[buyer][line.offer.variant_id] = (line.quantity, line.price_version)

    def remove(self, lines):
        for buyer, variant in lines:
            self.store.carts.get(buyer, {}).pop(variant, None)


class MemoryCheckouts(Part):
    def admit(self, wishes, at):
        return [Standing(self._turn(wish.by, at), self._stored(wish), self._cart(wish)) for wish in wishes]

    def _turn(self, buyer, at):
        turn = self.store.turns.get(buyer)
        running = turn is not None and turn.since > at - timedelta(minutes=1)
        self.store.turns[buyer] = Turn(turn.count + 1, turn.since) if running else Turn(1, at)
        return self.store.turns[buyer]

    def _stored(self, wish):
        found = [kept for by, key, kept, _ in self.store.checkouts.values() if (by, key) == (wish.by, wish.key)]
        return found[0] if found else None

    def _cart(self, wish):
        shops = {one.shop_id for one in wish.destinations}
        return [line for line in self.store.lines(wish.by) if line.offer.shop_id in shops]

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
        if self.store.copy_faults:
            raise self.store.copy_faults.pop(0)
        self.store.offers.update({offer.variant_id: offer for offer in offers})

    def put_shops(self, shops):
        self.store.shops.update({shop.id: shop for shop in shops})
