"""Offers and shops from the columns that several readers share."""

from typing import Any
from uuid import UUID

from orders.domain.money import ShippingOption, Tier
from orders.domain.offer import Holiday, Offer, Shop

#: Columns that `offer_of` reads, then those of `shop_of`, in their order. What is not known comes as NULL.
COLUMNS = """
    o.variant_id, o.product_id, o.product_version, o.shop_id, o.seller_id, o.name, o.options, o.price, o.discount,
    o.price_version, o.listed, o.tiers, o.refund_rule, h.available, coalesce(h.version, 0), ph.url,
    o.min_quantity, o.methods,
    s.shop_id, s.version, s.owner_id, s.name, s.state, s.shipping, s.complete, s.on_holiday, s.holiday_until
"""
JOINS = """
    LEFT JOIN stock_hints h ON h.variant_id = o.variant_id
    LEFT JOIN cover_photos ph ON ph.product_id = o.product_id
    LEFT JOIN shops s ON s.shop_id = o.shop_id
"""
OFFER_COLUMNS = 18

Row = tuple[Any, ...]


def offer_of(row: Row) -> Offer:
    """An offer from the first columns."""
    variant, product, product_version, shop, seller, name, options, price, discount = row[:9]
    price_version, listed, tiers, refund_rule, available, stock_version, photo, least, methods = row[9:OFFER_COLUMNS]
    return Offer(
        variant_id=UUID(variant),
        product_id=UUID(product),
        product_version=product_version,
        shop_id=UUID(shop),
        seller_id=UUID(seller),
        name=name,
        options=tuple(options),
        price=price,
        discount=discount,
        price_version=price_version,
        listed=listed,
        tiers=tuple(Tier(from_quantity, percent) for from_quantity, percent in tiers),
        refund_rule=refund_rule,
        available=available,
        stock_version=stock_version,
        photo_url=photo,
        min_quantity=least,
        methods=None if methods is None else tuple(methods),
    )


def shop_of(row: Row) -> Shop | None:
    """The shop from the last columns, without its staff; None when there is no copy."""
    shop_id, version, owner, name, state, shipping, complete, on_holiday, until = row[OFFER_COLUMNS:]
    if shop_id is None:
        return None
    options = tuple(ShippingOption(one["method"], one["fee"], one["free_from"]) for one in shipping)
    holiday = Holiday(until) if on_holiday else None
    return Shop(UUID(shop_id), version, UUID(owner), name, state, options, holiday, complete=complete)
