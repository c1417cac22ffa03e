"""Calls of catalog about listing, options, stock and the tree of categories. Events and products are in `catalog`."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType


class ScheduleProduct(msgspec.Struct, frozen=True, kw_only=True):
    """`schedule_product` 預約上架: it lists itself at `list_at` (RFC 3339)."""

    product_id: str
    list_at: str
    expected_version: int | None = None


class BlockProduct(msgspec.Struct, frozen=True, kw_only=True):
    """`block_product`, for operators: the product leaves the market; its shop reads the reason."""

    product_id: str
    reason: str


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


class ChangeStock(msgspec.Struct, frozen=True, kw_only=True):
    """`change_stock`: so many more, or fewer, once for each `key` of a variant. With `order_id` goods came back."""

    variant_id: str
    add: int
    key: str
    order_id: str | None = None


class ListLedger(msgspec.Struct, frozen=True, kw_only=True):
    """`list_ledger`: every change of a variant's on_hand, the latest first."""

    variant_id: str
    cursor: str | None = None
    limit: int = 20


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of on_hand; the sum of all `add` is on_hand."""

    entry_id: str
    add: int
    reason: Literal["set", "added", "subtracted", "shipped", "returned"]
    order_id: str | None
    by: str | None
    at: str


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `list_ledger`."""

    items: list[LedgerEntry]
    next_cursor: str | None = None


class OrderId(msgspec.Struct, frozen=True, kw_only=True):
    """`get_order_stock`."""

    order_id: str


class OrderStockLine(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one line: held for the order, committed when it shipped, released when it went void."""

    line_id: str
    product_variant_id: str
    quantity: int
    state: Literal["held", "committed", "released", "rejected"]
    returned: int
    created_at: str
    changed_at: str


class OrderStock(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `get_order_stock`."""

    order_id: str
    lines: list[OrderStockLine]


class AddCategory(msgspec.Struct, frozen=True, kw_only=True):
    """`add_category`, for operators. `category_id` is made by the caller; without a parent it is a top one."""

    category_id: str
    name: str
    name_en: str
    parent_id: str | None = None
    position: int = 0
    expected_version: int | None = None  # of the tree


class PatchCategory(msgspec.Struct, frozen=True, kw_only=True):
    """`patch_category`, for operators: absent fields stay. A retired category takes no new products."""

    category_id: str
    name: str | None = None
    name_en: str | None = None
    parent_id: str | UnsetType | None = UNSET
    position: int | None = None
    retired: bool | None = None
    expected_version: int | None = None  # of the tree


class NewAttribute(msgspec.Struct, frozen=True, kw_only=True):
    """Something that products of a category tell about themselves. Numbers may have a unit, a choice has choices."""

    attribute_id: str
    name: str
    name_en: str
    type: Literal["text", "integer", "number", "boolean", "date", "choice"]
    required: bool = False
    choices: list[str] = []
    unit: str | None = None


class PutAttributes(msgspec.Struct, frozen=True, kw_only=True):
    """`put_attributes`, for operators: all attributes of a category, in their order."""

    category_id: str
    attributes: list[NewAttribute]
    expected_version: int | None = None  # of the tree
