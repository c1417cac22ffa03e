"""A market in memory, and products to put on it."""

from uuid import UUID, uuid4

import pytest

from services.catalog.tests.memory.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def make_product(world):
    """Makes a product in a shop; what is not said is ordinary."""
    from catalog.application.products import MakeProduct

    def make(shop_id=None, **values):
        wanted = {
            "by": world.seller,
            "product_id": uuid4(),
            "shop_id": shop_id or world.shop(),
            "name": "凍頂烏龍茶",
            "price": 680,
            "category": "snacks",
            "desc": "清香回甘",
            "discount": 80,
            "condition": "new",
        }
        return world.app.products.make(MakeProduct(**{**wanted, **values}))

    return make


@pytest.fixture
def listed(world, make_product):
    """A listed product with ten of each variant."""

    def make(**values):
        product = make_product(**values)
        for variant in product["variants"]:
            world.app.stock.put(world.seller, UUID(variant["product_variant_id"]), 10)
        return world.app.listing.put_on_list(world.seller, UUID(product["product_id"]), world.directory)

    return make
