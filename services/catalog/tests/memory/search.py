"""Finding what is listed."""

from catalog.application.ports import Hit
from catalog.domain import search
from catalog.domain.search import Sort
from chassis.testing.memory import Part
from services.catalog.tests.memory.store import seen


class MemorySearch(Part):
    def search(self, query, after, limit):
        hits = sorted((Hit(one, self._key(query, one)) for one in self._fitting(query)), key=_place(query.sort))
        if after is not None:
            last = _place(query.sort)(Hit(seen(self.store, after.product_id), after.key))
            hits = [hit for hit in hits if _place(query.sort)(hit) > last]
        return hits[:limit]

    def about(self, query):
        return len(self._fitting(query))

    def _fitting(self, query):
        def fits(one):
            price = min(variant.price.final for variant in one.live)
            return (
                one.public
                and all(word in search.normalised(one.name) for word in query.words)
                and (query.categories is None or one.category_id in query.categories)
                and (query.shop_id is None or one.shop_id == query.shop_id)
                and (query.condition is None or one.condition == query.condition)
                and (query.min_price or 0) <= price
                and (query.max_price is None or price <= query.max_price)
            )

        return [one for one in (seen(self.store, product_id) for product_id in self.store.products) if fits(one)]

    @staticmethod
    def _key(query, one):
        name = search.normalised(one.name)
        return {
            Sort.RELEVANCE: 3 if name == query.phrase else 2 if name.startswith(query.phrase) else query.phrase in name,
            Sort.SALES: one.sold,
            Sort.NEWEST: 0,
        }.get(query.sort, min(variant.price.final for variant in one.live))


def _place(sort):
    """What hits are sorted by."""
    if sort is Sort.PRICE_ASC:
        return lambda hit: (hit.key, hit.product.id.int)
    return lambda hit: (-hit.key, -hit.product.id.int)
