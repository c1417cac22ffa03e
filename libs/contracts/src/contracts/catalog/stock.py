"""Stock: the hint for readers, the reservations of orders, and the books."""

from typing import ClassVar, Literal

import msgspec

from contracts.message import Message


class StockChangedV1(Message, frozen=True, kw_only=True):
    """How many of a variant can be bought: a hint for readers, never a promise."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.stock_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders", "gateway")
    subject_field: ClassVar[str] = "variant_id"
    state_of: ClassVar[str | None] = "stock"

    variant_id: str
    product_id: str
    version: int
    available: int


class StockLowV1(Message, frozen=True, kw_only=True):
    """So few of a variant are left that its shop wants to know; once each time it falls that far."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.stock_low.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notify",)
    subject_field: ClassVar[str] = "variant_id"

    variant_id: str
    product_id: str
    shop_id: str
    seller_id: str
    name: str  # of the product
    options: list[str]
    available: int
    low_stock_at: int


class ReservedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order whose stock is held."""

    line_id: str
    variant_id: str
    quantity: int


class StockReservedV1(Message, frozen=True, kw_only=True):
    """All lines of the order are held until it is shipped or voided."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.stock_reserved.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders",)
    subject_field: ClassVar[str] = "order_id"

    order_id: str
    lines: list[ReservedLine]


class StockRejectedV1(Message, frozen=True, kw_only=True):
    """No line of the order is held: not enough stock, another price, not for sale, or already void."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.stock_rejected.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders",)
    subject_field: ClassVar[str] = "order_id"

    order_id: str
    reason: Literal["out_of_stock", "price_changed", "not_listed", "order_void"]
    variant_ids: list[str]  # the lines at fault


class SetStock(msgspec.Struct, frozen=True, kw_only=True):
    """`put_stock`: `quantity` becomes on_hand. Below what is reserved: `stock_below_reserved`."""

    variant_id: str
    quantity: int


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `put_stock` and `change_stock`."""

    quantity: int
    reserved: int
    available: int


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
