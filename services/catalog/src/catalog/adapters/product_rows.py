"""Products between aggregate and rows; shared by the repository and the readers."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.domain import search
from catalog.domain.listing import Block
from catalog.domain.money import Discount, Price, Pricing, Tier
from catalog.domain.options import OptionLevel
from catalog.domain.product import Product, State
from catalog.domain.shop_page import ShippingMethod
from catalog.domain.terms import GroupBuy, Package, Terms
from catalog.domain.variant import StockSeen, Variant
from chassis import clock

_VARIANTS = """
    (SELECT json_agg(json_build_array(v.variant_id, v.options, v.sku, v.description, v.price, v.discount, v.follows,
                                      v.price_version, v.metadata_id, v.metadata_version, v.position, v.deleted,
                                      v.discount_kind, v.discount_value, v.discount_from, v.discount_until, v.gtin,
                                      v.low_stock_at, st.on_hand, st.reserved, st.version)
                     ORDER BY v.position, v.variant_id)
       FROM variants v LEFT JOIN stock st USING (variant_id)
      WHERE v.product_id = p.product_id {condition})
"""
#: Columns that `product_of` reads, in its order, from products `p`, shops `s` and sales `sales`.
COLUMNS = """
    p.product_id, p.shop_id, s.owner_id, p.name, p.description, p.category_id, p.price, p.discount, p.metadata_id,
    p.created_at, p.changed_at, p.condition, p.attributes, p.levels, p.state, p.metadata_version, p.version,
    p.listed_at, NOT (s.closed OR s.suspended), s.shipping, coalesce(sales.sold, 0),
    p.discount_kind, p.discount_value, p.discount_from, p.discount_until,
    p.days_to_ship, p.min_quantity, p.tiers, p.weight_g, p.package_cm, p.shipping_methods, p.refund_rules, p.group_buy,
    p.list_at, p.list_problems, p.block_reason, p.blocked_at, p.blocked_by, p.parent_sku,
"""
EVERY_VARIANT = COLUMNS + _VARIANTS.format(condition="")
LIVE_VARIANTS = COLUMNS + _VARIANTS.format(condition="AND NOT v.deleted")
FROM = "FROM products p JOIN shops s USING (shop_id) LEFT JOIN product_sales sales USING (product_id)"
WIDTH = 40  # columns of a product

Row = tuple[Any, ...]


def product_of(row: Row) -> Product:
    """A product from a row of one of the column lists."""
    block_reason, blocked_at, blocked_by, parent_sku, variants = row[35:WIDTH]
    return Product(
        id=UUID(row[0]),
        shop_id=UUID(row[1]),
        seller_id=UUID(row[2]),
        name=row[3],
        desc=row[4],
        category_id=row[5],
        price=Price(row[6], row[7]),
        pricing=Pricing(row[6], Discount(*row[21:25])),
        metadata_id=UUID(row[8]),
        created_at=row[9],
        changed_at=row[10],
        condition=row[11],
        attributes=row[12],
        levels=tuple(OptionLevel(name, tuple(values)) for name, values in row[13]),
        state=State(row[14]),
        metadata_version=row[15],
        version=row[16],
        listed_at=row[17],
        shop_open=row[18],
        shop_ships_by=tuple(ShippingMethod(one["method"]) for one in row[19]),
        sold=row[20],
        terms=_terms_of(row[25:33]),
        list_at=row[33],
        list_problems=row[34],
        block=Block(block_reason, blocked_at, UUID(blocked_by)) if block_reason is not None else None,
        parent_sku=parent_sku,
        variants=[_variant_of(one) for one in variants or []],
    )


def _terms_of(row: Row) -> Terms:
    days_to_ship, min_quantity, tiers, weight_g, package, methods, refund_rules, group_buy = row
    return Terms(
        days_to_ship=days_to_ship,
        min_quantity=min_quantity,
        tiers=tuple(Tier(*tier) for tier in tiers),
        weight_g=weight_g,
        package_cm=Package(*package) if package else None,
        shipping_methods=None if methods is None else tuple(ShippingMethod(method) for method in methods),
        refund_rules=refund_rules,
        group_buy=GroupBuy(*group_buy) if group_buy else None,
    )


def _variant_of(row: list[Any]) -> Variant:
    kind, value, starts_at, ends_at = row[12:16]
    on_hand, reserved, version = row[18:21]
    return Variant(
        id=UUID(row[0]),
        options=tuple(row[1]),
        sku=row[2],
        desc=row[3],
        price=Price(row[4], row[5]),
        pricing=Pricing(row[4], Discount(kind, value, _moment(starts_at), _moment(ends_at))),
        follows=row[6],
        price_version=row[7],
        metadata_id=UUID(row[8]) if row[8] else None,
        metadata_version=row[9],
        position=row[10],
        deleted=row[11],
        gtin=row[16],
        low_stock_at=row[17],
        stock=StockSeen() if version is None else StockSeen(on_hand, reserved, version),
    )


def _moment(text: str | None) -> datetime | None:
    return clock.parse(text) if text else None


def values_of(product: Product) -> dict[str, Any]:
    """A product's columns by name. What it is found by: its name and its brand."""
    brand = product.attributes.get("brand")
    words = search.normalised(f"{product.name} {brand}" if isinstance(brand, str) else product.name)
    return {
        "id": str(product.id),
        "shop_id": str(product.shop_id),
        "name": product.name,
        "description": product.desc,
        "category_id": product.category_id,
        "state": product.state.value,
        "condition": product.condition,
        "attributes": _json(product.attributes),
        "price": product.price.amount,
        "discount": product.price.discount,
        "discount_kind": product.pricing.discount.kind,
        "discount_value": product.pricing.discount.value,
        "discount_from": product.pricing.discount.starts_at,
        "discount_until": product.pricing.discount.ends_at,
        "levels": _json([[level.name, list(level.values)] for level in product.levels]),
        **_term_values(product.terms),
        "parent_sku": product.parent_sku,
        "metadata_id": str(product.metadata_id),
        "metadata_version": product.metadata_version,
        "version": product.version,
        "search_text": words,
        "search_terms": search.terms(words),
        "price_min": min((one.price.final for one in product.live), default=0),
        "listed_at": product.listed_at,
        "list_at": product.list_at,
        "list_problems": _json(product.list_problems) if product.list_problems else None,
        "block_reason": product.block.reason if product.block else None,
        "blocked_at": product.block.at if product.block else None,
        "blocked_by": str(product.block.by) if product.block else None,
        "next_at": product.next_at,
        "created_at": product.created_at,
        "changed_at": product.changed_at,
    }


def _term_values(terms: Terms) -> dict[str, Any]:
    package, group_buy, methods = terms.package_cm, terms.group_buy, terms.shipping_methods
    return {
        "refund_rules": _json(terms.refund_rules),
        "tiers": _json([[tier.from_quantity, tier.percent_off] for tier in terms.tiers]),
        "days_to_ship": terms.days_to_ship,
        "min_quantity": terms.min_quantity,
        "weight_g": terms.weight_g,
        "package_cm": _json([package.length, package.width, package.height]) if package else None,
        "shipping_methods": None if methods is None else [method.value for method in methods],
        "group_buy": _json([group_buy.min_quantity, group_buy.percent_off, group_buy.open_hours])
        if group_buy
        else None,
    }


def variant_values(product: Product, one: Variant) -> tuple[Any, ...]:
    """A variant's columns in the order of the repository's statement."""
    discount = one.pricing.discount
    return (
        str(one.id),
        str(product.id),
        list(one.options),
        one.sku,
        one.desc,
        one.price.amount,
        one.price.discount,
        one.follows,
        one.price_version,
        str(one.metadata_id) if one.metadata_id else None,
        one.metadata_version,
        one.position,
        one.deleted,
        discount.kind,
        discount.value,
        discount.starts_at,
        discount.ends_at,
        one.gtin,
        one.low_stock_at,
    )


_json = json.JSONEncoder(ensure_ascii=False).encode
