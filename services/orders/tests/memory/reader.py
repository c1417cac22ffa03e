"""Questions about a store."""

from chassis.testing.memory import Part
from orders.application.ports import Day, OrderPage


class MemoryReader(Part):
    """Questions about a store."""

    def cart(self, buyer_id):
        return self.store.lines(buyer_id)

    def offers(self, variant_ids):
        found = [self.store.offers[one] for one in variant_ids if one in self.store.offers]
        return {offer.variant_id: (offer, self.store.shops.get(offer.shop_id)) for offer in found}

    def orders(self, order_ids):
        return {one: self.store.orders[one] for one in order_ids if one in self.store.orders}

    def checkouts(self, checkout_ids):
        rows = [(one, self.store.checkouts[one]) for one in checkout_ids if one in self.store.checkouts]
        return {one: (row[0], [self.store.orders[order] for order in row[3]]) for one, row in rows}

    def orders_of_buyer(self, buyer_id, statuses, shop_id, before, limit):
        return self._page([one for one in self.store.orders.values() if one.order.buyer_id == buyer_id], limit)

    def orders_of_shops(self, shop_ids, statuses, before, limit):
        return self._page([one for one in self.store.orders.values() if one.order.shop_id in shop_ids], limit)

    def role(self, user_id, shop_id):
        return self.roles_of(user_id).get(shop_id)

    def roles_of(self, user_id):
        return {shop.id: shop.staff[user_id] for shop in self.store.shops.values() if user_id in shop.staff}

    def count(self, shop_ids):
        statuses = [one.order.status for one in self.store.orders.values() if one.order.shop_id in shop_ids]
        return {status: statuses.count(status) for status in set(statuses)}

    def day(self, shop_ids, earning, since):
        found = [one.order for one in self.store.orders.values() if one.order.id >= since]
        return Day(len(found), sum(order.total_price for order in found if order.shop_id in earning))

    def _page(self, found, limit):
        newest = sorted(found, key=lambda one: one.order.id, reverse=True)
        return OrderPage(newest[:limit], newest[limit - 1].order.id if len(newest) > limit else None)
