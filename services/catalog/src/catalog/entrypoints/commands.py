"""The larger contract structs as commands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec import UNSET, UnsetType

from catalog.application.keep import KEEP, Keep
from catalog.application.products import ChangeProduct, MakeProduct, WantedVariant
from catalog.application.searching import Search
from catalog.application.shops import ChangeShop
from catalog.application.variants import ChangeVariant
from catalog.domain.category import Attribute
from catalog.domain.money import Discount, Tier
from catalog.domain.options import OptionLevel, WantedLevel
from catalog.domain.shop_page import Picture, Shipping, ShippingMethod
from catalog.domain.terms import GroupBuy, Package
from chassis import clock
from chassis.decode import new, there
from chassis.errors import Invalid
from contracts import catalog as contract

T = TypeVar("T")


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
        introduction=asked.introduction,
        days_to_ship=asked.days_to_ship,
        rests=None if asked.holiday is UNSET else asked.holiday is not None,
        rests_until=asked.holiday.until if isinstance(asked.holiday, contract.Holiday) else None,
        expected_version=asked.expected_version,
    )


def picture(asked: contract.Picture | None) -> Picture | None:
    """Of `put_shop_picture`."""
    return Picture(new(asked.photo_id, "photo_id"), asked.url) if asked else None


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
        discount=_discount(asked.discount or None, asked.discount_rule) or 0,
        condition=asked.condition,
        attributes=asked.attributes,
        metadata=asked.metadata,
        options=tuple(OptionLevel(level.name, tuple(level.values)) for level in asked.options),
        variants=tuple(wanted_variant(one) for one in asked.variants),
        refund_rules=asked.refund_rules,
        tiers=_tiers(asked.tiers),
        days_to_ship=asked.days_to_ship,
        min_quantity=asked.min_quantity,
        weight_g=asked.weight_g,
        package_cm=_package(asked.package_cm),
        shipping_methods=_methods(asked.shipping_methods),
        group_buy=_group_buy(asked.group_buy),
        parent_sku=asked.parent_sku,
    )


def wanted_variant(asked: contract.NewVariant | contract.AddVariant) -> WantedVariant:
    """A variant to be made."""
    return WantedVariant(
        id=new(asked.product_variant_id, "product_variant_id") if asked.product_variant_id else None,
        options=tuple(asked.options),
        sku=asked.sku,
        desc=asked.desc,
        price=asked.price,
        discount=_discount(asked.discount, asked.discount_rule),
        metadata=asked.metadata,
        gtin=asked.gtin,
        low_stock_at=asked.low_stock_at,
    )


def change_product(by: UUID, asked: contract.PatchProduct) -> ChangeProduct:
    """`patch_product`."""
    return ChangeProduct(
        by=by,
        product_id=there(asked.product_id),
        name=asked.name,
        desc=asked.desc,
        price=asked.price,
        discount=_discount(asked.discount, asked.discount_rule),
        category=asked.category,
        condition=asked.condition,
        attributes=asked.attributes,
        metadata=asked.metadata,
        terms=_terms(asked),
        parent_sku=or_keep(asked.parent_sku),
        expected_version=asked.expected_version,
    )


def _terms(asked: contract.PatchProduct) -> dict[str, Any]:
    """Terms that change, by name."""
    kept: dict[str, Any] = {
        "refund_rules": asked.refund_rules,
        "tiers": None if asked.tiers is None else _tiers(asked.tiers),
        "days_to_ship": asked.days_to_ship,
        "min_quantity": asked.min_quantity,
    }
    given = {name: value for name, value in kept.items() if value is not None}
    if not isinstance(asked.weight_g, UnsetType):
        given["weight_g"] = asked.weight_g
    if not isinstance(asked.package_cm, UnsetType):
        given["package_cm"] = _package(asked.package_cm)
    if not isinstance(asked.shipping_methods, UnsetType):
        given["shipping_methods"] = _methods(asked.shipping_methods)
    if not isinstance(asked.group_buy, UnsetType):
        given["group_buy"] = _group_buy(asked.group_buy)
    return given


def change_variant(by: UUID, asked: contract.PatchVariant) -> ChangeVariant:
    """`patch_variant`."""
    return ChangeVariant(
        by=by,
        variant_id=there(asked.variant_id),
        sku=or_keep(asked.sku),
        desc=asked.desc,
        options=None if asked.options is None else tuple(asked.options),
        price=asked.price,
        discount=_discount(asked.discount, asked.discount_rule),
        metadata=asked.metadata,
        gtin=or_keep(asked.gtin),
        low_stock_at=or_keep(asked.low_stock_at),
        expected_version=asked.expected_version,
    )


def wanted_levels(asked: contract.PutOptions) -> tuple[WantedLevel, ...]:
    """`put_options`."""
    return tuple(WantedLevel(one.name, tuple(one.values), one.was, one.renamed) for one in asked.options)


def search(asked: contract.SearchProducts) -> Search:
    """`search_products`. Raises Invalid."""
    if not 1 <= asked.limit <= 100:
        raise Invalid("limit must be 1 to 100", field="limit")
    return Search(
        q=asked.q,
        category=asked.category,
        shop_id=new(asked.shop_id, "shop_id") if asked.shop_id else None,
        min_price=asked.min_price,
        max_price=asked.max_price,
        condition=asked.condition,
        sort=asked.sort,
        cursor=asked.cursor,
        limit=asked.limit,
    )


def attribute(asked: contract.NewAttribute) -> Attribute:
    """One of `put_attributes`."""
    return Attribute(
        asked.attribute_id,
        asked.name,
        asked.name_en,
        asked.type,
        asked.required,
        tuple(asked.choices),
        asked.unit,
    )


def moment(text: str, field: str) -> datetime:
    """An instant. Raises Invalid."""
    try:
        return clock.parse(text)
    except (ValueError, OverflowError):
        raise Invalid(f"{field} must be a time with an offset, as RFC 3339 writes it", field=field) from None


def or_keep(value: T | UnsetType | None) -> T | Keep | None:
    """What was not sent stays as it is."""
    return KEEP if isinstance(value, UnsetType) else value


def _discount(amount: int | None, rule: contract.DiscountRule | None) -> int | Discount | None:
    """A plain amount, or a rule with a period. Raises Invalid for both, and for times that are none."""
    if rule is None:
        return amount
    if amount is not None:
        raise Invalid("give discount or discount_rule, not both", field="discount_rule")
    return Discount(
        rule.kind,
        rule.value,
        moment(rule.starts_at, "discount_rule.starts_at") if rule.starts_at else None,
        moment(rule.ends_at, "discount_rule.ends_at") if rule.ends_at else None,
    )


def _tiers(asked: Sequence[contract.QuantityTier]) -> tuple[Tier, ...]:
    return tuple(Tier(one.from_quantity, one.percent_off) for one in asked)


def _package(asked: contract.Package | None) -> Package | None:
    return None if asked is None else Package(asked.length, asked.width, asked.height)


def _methods(asked: Sequence[str] | None) -> tuple[ShippingMethod, ...] | None:
    return None if asked is None else tuple(ShippingMethod(one) for one in asked)


def _group_buy(asked: contract.GroupBuyOption | None) -> GroupBuy | None:
    return None if asked is None else GroupBuy(asked.min_quantity, asked.percent_off, asked.open_hours)
