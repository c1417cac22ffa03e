"""What another service asks to know, or to sell, things of catalog's by their ids. Money is an integer in TWD."""

from typing import Any

import msgspec

from contracts.catalog.shops import ShippingMethod
from contracts.catalog.terms import QuantityTier


class GetMany(msgspec.Struct, frozen=True, kw_only=True):
    """`get_products` / `get_shops` / `get_offers`: answers `{"items": {id: ...}}`; what is not there is absent."""

    ids: list[str]


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """One variant in the answer of `get_offers`, whatever its state: what orders needs to sell it.

    `listed` is true when it can be bought now: product listed, variant not deleted, shop open.
    """

    product_variant_id: str
    product_id: str
    product_version: int
    shop_id: str
    seller_id: str
    name: str
    desc: str
    options: list[str]
    price: int
    discount: int
    final_price: int
    price_version: int
    refund_rules: dict[str, Any]
    tiers: list[QuantityTier]
    listed: bool
    available: int
    stock_version: int
    min_quantity: int = 1
    shipping_methods: list[ShippingMethod] | None = None
