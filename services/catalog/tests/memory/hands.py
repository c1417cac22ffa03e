"""What a seller does to products, and options to do it with."""

from uuid import UUID

from catalog.application.products import ChangeProduct
from catalog.application.variants import ChangeVariant
from catalog.domain.options import OptionLevel

COLOUR = OptionLevel("顏色", ("紅", "藍"))
SIZE = OptionLevel("尺寸", ("S", "M", "L"))


def change(world, product, by=None, **values):
    command = ChangeProduct(by=by or world.seller, product_id=UUID(product["product_id"]), **values)
    return world.app.products.change(command)


def change_variant(world, variant, **values):
    command = ChangeVariant(by=world.seller, variant_id=UUID(variant["product_variant_id"]), **values)
    return world.app.variants.change(command)
