"""The larger contract structs as commands."""

from collections.abc import Sequence
from uuid import UUID

from catalog.application.products import ChangeProduct, ChangeVariant, MakeProduct, WantedVariant
from catalog.application.shops import ChangeShop
from catalog.domain.money import Tier
from catalog.domain.shop import Shipping, ShippingMethod
from catalog.domain.variant import OptionLevel
from chassis.decode import new, there
from contracts import catalog as contract


def change_shop(by: UUID, asked: contract.PatchShop) -> ChangeShop:
    """`patch_shop`."""
    shipping = None
    if asked.shipping is not None:
        shipping = tuple(Shipping(ShippingMethod(one.method), one.fee, one.free_from) for one in asked.shipping)
    return ChangeShop(
        by=by,
        shop_id=there(asked.shop_id),
        name=asked.name,
        kind=asked.kind,
        address=asked.address,
        state=asked.state,
        shipping=shipping,
        expected_version=asked.expected_version,
    )


def make_product(by: UUID, asked: contract.CreateProduct) -> MakeProduct:
    """`create_product`."""
    return MakeProduct(
        by=by,
        product_id=new(asked.product_id, "product_id"),
        shop_id=there(asked.shop_id),
        name=asked.name,
        price=asked.price,
        category=asked.category,
        desc=asked.desc,
        discount=asked.discount,
        condition=asked.condition,
        attributes=asked.attributes,
        metadata=asked.metadata,
        options=tuple(OptionLevel(level.name, tuple(level.values)) for level in asked.options),
        variants=tuple(wanted_variant(one) for one in asked.variants),
        refund_rules=asked.refund_rules,
        tiers=_tiers(asked.tiers),
        days_to_ship=asked.days_to_ship,
    )


def wanted_variant(asked: contract.NewVariant | contract.AddVariant) -> WantedVariant:
    """A variant to be made."""
    return WantedVariant(
        id=new(asked.product_variant_id, "product_variant_id") if asked.product_variant_id else None,
        options=tuple(asked.options),
        sku=asked.sku,
        desc=asked.desc,
        price=asked.price,
        discount=asked.discount,
        metadata=asked.metadata,
    )


def change_product(by: UUID, asked: contract.PatchProduct) -> ChangeProduct:
    """`patch_product`."""
    return ChangeProduct(
        by=by,
        product_id=there(asked.product_id),
        name=asked.name,
        desc=asked.desc,
        price=asked.price,
        discount=asked.discount,
        category=asked.category,
        condition=asked.condition,
        attributes=asked.attributes,
        metadata=asked.metadata,
        refund_rules=asked.refund_rules,
        tiers=None if asked.tiers is None else _tiers(asked.tiers),
        days_to_ship=asked.days_to_ship,
        expected_version=asked.expected_version,
    )


def change_variant(by: UUID, asked: contract.PatchVariant) -> ChangeVariant:
    """`patch_variant`."""
    return ChangeVariant(
        by=by,
        variant_id=there(asked.variant_id),
        sku=asked.sku,
        desc=asked.desc,
        options=None if asked.options is None else tuple(asked.options),
        price=asked.price,
        discount=asked.discount,
        metadata=asked.metadata,
        expected_version=asked.expected_version,
    )


def _tiers(asked: Sequence[contract.QuantityTier]) -> tuple[Tier, ...]:
    return tuple(Tier(one.from_quantity, one.percent_off) for one in asked)
