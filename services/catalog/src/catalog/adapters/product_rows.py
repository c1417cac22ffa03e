"""Products between aggregate and rows; shared by the repository and the reader."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.domain import search
from catalog.domain.money import Price, Tier
from catalog.domain.product import Product, State
from catalog.domain.variant import OptionLevel, StockSeen, Variant

_VARIANTS = """
    (SELECT json_agg(json_build_array(v.variant_id, v.options, v.sku, v.description, v.price, v.discount, v.follows,
                                      v.price_version, v.metadata_id, v.metadata_version, v.position, v.deleted,
                                      st.on_hand, st.reserved, st.version) ORDER BY v.position, v.variant_id)
       FROM variants v LEFT JOIN stock st USING (variant_id)
      WHERE v.product_id = p.product_id {condition})
"""
#: Columns that `product_of` reads, in its order, from products `p` and shops `s`.
COLUMNS = """
    p.product_id, p.shop_id, s.owner_id, p.name, p.description, p.category_id, p.price, p.discount, p.metadata_id,
    p.created_at, p.changed_at, p.condition, p.attributes, p.levels, p.refund_rules, p.tiers, p.days_to_ship, p.state,
    p.metadata_version, p.version, p.listed_at, NOT (s.closed OR s.suspended),
"""
EVERY_VARIANT = COLUMNS + _VARIANTS.format(condition="")
LIVE_VARIANTS = COLUMNS + _VARIANTS.format(condition="AND NOT v.deleted")
FROM = "FROM products p JOIN shops s USING (shop_id)"

Row = tuple[Any, ...]


def product_of(row: Row) -> Product:
    """A product from a row of one of the column lists."""
    levels, tiers, listed_at = row[13], row[15], row[20]
    return Product(
        id=UUID(row[0]),
        shop_id=UUID(row[1]),
        seller_id=UUID(row[2]),
        name=row[3],
        desc=row[4],
        category_id=row[5],
        price=Price(row[6], row[7]),
        metadata_id=UUID(row[8]),
        created_at=row[9],
        changed_at=row[10],
        condition=row[11],
        attributes=row[12],
        levels=tuple(OptionLevel(name, tuple(values)) for name, values in levels),
        refund_rules=row[14],
        tiers=tuple(Tier(*tier) for tier in tiers),
        days_to_ship=row[16],
        state=State(row[17]),
        metadata_version=row[18],
        version=row[19],
        listed_at=listed_at if isinstance(listed_at, datetime) else None,
        shop_open=row[21],
        variants=[_variant_of(one) for one in row[22] or []],
    )


def _variant_of(row: list[Any]) -> Variant:
    on_hand, reserved, version = row[12:15]
    return Variant(
        id=UUID(row[0]),
        options=tuple(row[1]),
        sku=row[2],
        desc=row[3],
        price=Price(row[4], row[5]),
        follows=row[6],
        price_version=row[7],
        metadata_id=UUID(row[8]) if row[8] else None,
        metadata_version=row[9],
        position=row[10],
        deleted=row[11],
        stock=StockSeen() if version is None else StockSeen(on_hand, reserved, version),
    )


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
        "levels": _json([[level.name, list(level.values)] for level in product.levels]),
        "refund_rules": _json(product.refund_rules),
        "tiers": _json([[tier.from_quantity, tier.percent_off] for tier in product.tiers]),
        "days_to_ship": product.days_to_ship,
        "metadata_id": str(product.metadata_id),
        "metadata_version": product.metadata_version,
        "version": product.version,
        "search_text": words,
        "search_terms": search.terms(words),
        "listed_at": product.listed_at,
        "created_at": product.created_at,
        "changed_at": product.changed_at,
    }


def variant_values(product: Product, one: Variant) -> tuple[Any, ...]:
    """A variant's columns in the order of the repository's statement."""
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
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
