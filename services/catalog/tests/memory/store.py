"""What would be tables."""

import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime

from catalog.domain.category import CategoryTree
from catalog.domain.variant import StockSeen
from services.catalog.tests.memory.categories import TREE

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@dataclass
class Store:
    """What would be tables."""

    shops: dict = field(default_factory=dict)
    invitations: dict = field(default_factory=dict)
    products: dict = field(default_factory=dict)
    levels: dict = field(default_factory=dict)
    orders: dict = field(default_factory=dict)
    ledger: list = field(default_factory=list)
    sellers: dict = field(default_factory=dict)
    events: list = field(default_factory=list)
    tree: CategoryTree = TREE


def seen(store, product_id):
    """A product as a reader would find it."""
    product = copy.deepcopy(store.products.get(product_id))
    if product is None:
        return None
    shop = store.shops[product.shop_id]
    product.shop_open = shop.state == "open"
    product.shop_ships_by = tuple(option.method for option in shop.shipping)
    for variant in product.variants:
        if level := store.levels.get(variant.id):
            variant.stock = StockSeen(level.on_hand, level.reserved, level.version)
    return product
