"""Variants of a product and the options they differ by. Money is an integer in TWD."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from contracts.catalog.terms import DiscountRule


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One sellable variant. `options` are its two levels at most, e.g. 顏色 then 尺寸."""

    product_variant_id: str
    sku: str | None
    desc: str
    options: list[str]
    price: int
    discount: int
    final_price: int
    price_version: int
    metadata_id: str | None = None  # of the variant's own document, if it has one
    gtin: str | None = None
    discount_rule: DiscountRule | None = None  # what `discount`, which is the one in force, follows from


class OptionLevel(msgspec.Struct, frozen=True, kw_only=True):
    """One of at most two levels of choice, e.g. 顏色 with 紅, 藍."""

    name: str
    values: list[str]


class NewVariant(msgspec.Struct, frozen=True, kw_only=True):
    """A variant to be made. Without a price or discount of its own it follows the product's."""

    product_variant_id: str | None = None
    options: list[str] = []
    sku: str | None = None
    desc: str = ""
    price: int | None = None
    discount: int | None = None
    metadata: dict[str, Any] | None = None
    discount_rule: DiscountRule | None = None
    gtin: str | None = None
    low_stock_at: int | None = None


class AddVariant(msgspec.Struct, frozen=True, kw_only=True):
    """`add_variant`. `product_variant_id` is made by the caller. New option values join their level."""

    product_id: str
    product_variant_id: str
    options: list[str] = []
    sku: str | None = None
    desc: str = ""
    price: int | None = None
    discount: int | None = None
    metadata: dict[str, Any] | None = None
    discount_rule: DiscountRule | None = None
    gtin: str | None = None
    low_stock_at: int | None = None
    expected_version: int | None = None  # of the product


class PatchVariant(msgspec.Struct, frozen=True, kw_only=True):
    """`patch_variant`: absent fields stay. The only variant of a product shares its price with the product."""

    variant_id: str
    sku: str | UnsetType | None = UNSET
    desc: str | None = None
    options: list[str] | None = None
    price: int | None = None
    discount: int | None = None
    metadata: dict[str, Any] | None = None
    expected_version: int | None = None  # of the product
    discount_rule: DiscountRule | None = None
    gtin: str | UnsetType | None = UNSET
    low_stock_at: int | UnsetType | None = UNSET


class VariantId(msgspec.Struct, frozen=True, kw_only=True):
    """`delete_variant`; `may_edit_variant`, which gives a variant without a document an empty one."""

    variant_id: str
    expected_version: int | None = None  # of the product


class WantedLevel(msgspec.Struct, frozen=True, kw_only=True):
    """An option level as it is to be. `was` names the level it comes from, `renamed` its values: {old: new}."""

    name: str
    values: list[str]
    was: str | None = None
    renamed: dict[str, str] = {}


class PutOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`put_options`: variants that can stay keep their ids and stock; the rest goes, or is made anew."""

    product_id: str
    options: list[WantedLevel]
    expected_version: int | None = None
