"""Products with their variants."""

from catalog.domain.errors import ParentSkuTaken
from chassis.errors import Missing
from chassis.testing.memory import Table
from services.catalog.tests.memory.store import seen


class MemoryProducts(Table):
    rows = "products"

    def add(self, product):
        if product.id not in self.store.products and any(self.of_variant(one.id) for one in product.variants):
            raise Missing
        return super().add(product)

    def get(self, product_id, *, lock=False):
        return seen(self.store, product_id)

    def of_variant(self, variant_id):
        return next((p.id for p in self.store.products.values() for v in p.variants if v.id == variant_id), None)

    def due(self, now, limit):
        due = [one.id for one in self.store.products.values() if one.next_at is not None and one.next_at <= now]
        return [seen(self.store, one) for one in due[:limit]]

    def save(self, product):
        there = [one for one in self.store.products.values() if one.shop_id == product.shop_id and one.id != product.id]
        if product.parent_sku in {one.parent_sku for one in there if one.parent_sku and one.state != "deleted"}:
            raise ParentSkuTaken("taken", field="parent_sku")
        product.changed_variants.clear()
        super().save(product)
