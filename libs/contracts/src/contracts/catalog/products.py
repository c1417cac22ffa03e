"""Products: the public product, and the calls that make, change and list it. Money is an integer in TWD."""

from typing import Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from contracts.catalog.shops import ShippingMethod
from contracts.catalog.terms import DiscountRule, GroupBuyOption, Package, QuantityTier
from contracts.catalog.variants import NewVariant, OptionLevel, Variant
from contracts.message import Message


class ProductChangedV1(Message, frozen=True, kw_only=True):
    """The full public product with its variants, listed or not."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.product_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders", "gateway")
    subject_field: ClassVar[str] = "product_id"
    state_of: ClassVar[str | None] = "product"

    product_id: str
    version: int
    shop_id: str
    seller_id: str
    name: str
    desc: str
    category: str
    state: Literal["draft", "scheduled", "listed", "unlisted", "blocked", "deleted"]
    condition: Literal["new", "used"]
    attributes: dict[str, Any]
    price: int
    discount: int
    metadata_id: str
    variants: list[Variant]
    refund_rules: dict[str, Any]
    tiers: list[QuantityTier]
    days_to_ship: int
    listed_at: str | None = None
    option_names: list[str] = []  # names of the option levels, in the order of each variant's `options`
    discount_rule: DiscountRule | None = None
    min_quantity: int = 1  # of one variant in an order
    weight_g: int | None = None
    package_cm: Package | None = None
    shipping_methods: list[ShippingMethod] | None = None  # none: whatever the shop offers
    group_buy: GroupBuyOption | None = None


class CreateProduct(msgspec.Struct, frozen=True, kw_only=True):
    """`create_product`: a draft with its variants in one step. `product_id` is made by the caller.

    Without `variants` there is one for every combination of `options`, or a single default one.
    """

    product_id: str
    shop_id: str
    name: str
    price: int
    category: str
    desc: str = ""
    discount: int = 0
    condition: Literal["new", "used"] = "new"
    attributes: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    options: list[OptionLevel] = []
    variants: list[NewVariant] = []
    refund_rules: dict[str, Any] = {}
    tiers: list[QuantityTier] = []
    days_to_ship: int | None = None  # none: as the shop does
    discount_rule: DiscountRule | None = None  # instead of `discount`
    min_quantity: int = 1
    weight_g: int | None = None
    package_cm: Package | None = None
    shipping_methods: list[ShippingMethod] | None = None
    group_buy: GroupBuyOption | None = None
    parent_sku: str | None = None  # 主商品貨號, each once in a shop


class PatchProduct(msgspec.Struct, frozen=True, kw_only=True):
    """`patch_product`: absent fields stay. Variants without a price of their own follow a new price.

    A product can be without a weight, package, choice of shipping methods, group buy or parent SKU: null takes it away.
    """

    product_id: str
    name: str | None = None
    desc: str | None = None
    price: int | None = None
    discount: int | None = None
    category: str | None = None
    condition: Literal["new", "used"] | None = None
    attributes: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    refund_rules: dict[str, Any] | None = None
    tiers: list[QuantityTier] | None = None
    days_to_ship: int | None = None
    expected_version: int | None = None
    discount_rule: DiscountRule | None = None  # instead of `discount`
    min_quantity: int | None = None
    weight_g: int | UnsetType | None = UNSET
    package_cm: Package | UnsetType | None = UNSET
    shipping_methods: list[ShippingMethod] | UnsetType | None = UNSET
    group_buy: GroupBuyOption | UnsetType | None = UNSET
    parent_sku: str | UnsetType | None = UNSET


class ProductId(msgspec.Struct, frozen=True, kw_only=True):
    """`get_product` / `get_product_many`, `delete_product`, `list_product`, `unlist_product`, `may_edit_product`,
    `unblock_product`. Those that change something look at `expected_version`.
    """

    product_id: str
    expected_version: int | None = None


class ScheduleProduct(msgspec.Struct, frozen=True, kw_only=True):
    """`schedule_product` 預約上架: it lists itself at `list_at` (RFC 3339)."""

    product_id: str
    list_at: str
    expected_version: int | None = None


class BlockProduct(msgspec.Struct, frozen=True, kw_only=True):
    """`block_product`, for operators: the product leaves the market; its shop reads the reason."""

    product_id: str
    reason: str


class ListBlockedProducts(msgspec.Struct, frozen=True, kw_only=True):
    """`list_blocked_products`, for operators: `{"items": [BlockedProduct], "next_cursor"}`, the latest block first."""

    cursor: str | None = None
    limit: int = 20


class BlockedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product that an operator took off the market: why, since when (RFC 3339) and by whom."""

    product_id: str
    name: str
    shop_id: str
    shop_name: str
    seller_id: str
    reason: str
    blocked_at: str
    blocked_by: str
    version: int
