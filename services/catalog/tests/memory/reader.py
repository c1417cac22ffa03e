"""Answers from a store."""

import copy

from catalog.application.ports import ProductPage, ShopPage
from catalog.domain.blocked import BlockedProduct
from catalog.domain.product import State
from services.catalog.tests.memory.search import MemorySearch
from services.catalog.tests.memory.stock import MemoryStockReader
from services.catalog.tests.memory.store import seen


class MemoryReader(MemorySearch, MemoryStockReader):
    """Answers from a store."""

    def shops(self, shop_ids):
        return {one: copy.deepcopy(self.store.shops[one]) for one in shop_ids if one in self.store.shops}

    def shops_of(self, user_id, after, limit):
        shops = sorted((one for one in self.store.shops.values() if user_id in one.staff), key=lambda one: one.id)
        shops = [one for one in shops if after is None or one.id > after]
        return ShopPage(shops[:limit], shops[limit - 1].id if len(shops) > limit else None)

    def products(self, product_ids):
        return {one: seen(self.store, one) for one in product_ids if one in self.store.products}

    def products_of_shop(self, shop_id, states, before, limit):
        return self._page(lambda one: one.shop_id == shop_id and one.state in states, before, limit)

    def _page(self, fits, before, limit):
        found = [seen(self.store, one) for one in sorted(self.store.products, reverse=True)]
        found = [one for one in found if fits(one) and (before is None or one.id < before)]
        return ProductPage(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def blocked(self, after, limit):
        found = [self._blocked(one) for one in self.store.products.values() if one.state is State.BLOCKED]
        found.sort(key=lambda one: (one.block.at, one.product_id), reverse=True)
        beyond = (after.at, after.product_id) if after else None
        return [one for one in found if not beyond or (one.block.at, one.product_id) < beyond][:limit]

    def _blocked(self, one):
        shop = self.store.shops[one.shop_id]
        block = copy.deepcopy(one.block)
        return BlockedProduct(one.id, one.name, shop.id, shop.name, shop.owner_id, block, one.version)

    def of_variants(self, variant_ids):
        owners = {v.id: p.id for p in self.store.products.values() for v in p.variants}
        return {one: seen(self.store, owners[one]) for one in variant_ids if one in owners}

    def invitations_for(self, user_id, email):
        found = [one for one in self.store.invitations.values() if one.state == "pending"]
        meant = [one for one in found if one.meant_for(user_id, email)]
        return [(copy.deepcopy(one), self.store.shops[one.shop_id].name) for one in meant]

    def roles(self, pairs):
        roles = {pair: self.store.shops[pair[0]].staff.get(pair[1]) for pair in pairs}
        return {pair: role for pair, role in roles.items() if role}
