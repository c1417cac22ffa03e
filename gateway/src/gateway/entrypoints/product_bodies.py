"""Request bodies about products, variants, stock and categories."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from contracts.catalog import ShippingMethod
from gateway.entrypoints.bodies import Amount, Body, LongText, Text, Version

Moment = Annotated[str, Meta(max_length=40, description="RFC 3339，含時區 · RFC 3339 with its offset")]
Condition = Literal["new", "used"]
AttributeType = Literal["text", "integer", "number", "boolean", "date", "choice"]
ParentSku = Annotated[str, Meta(max_length=64, description="主商品貨號 · The seller's own, each once in a shop")]
Quantity = Annotated[int, Meta(ge=0, le=100_000_000)]
Exclusion = Literal[
    "perishable", "custom_made", "periodical", "opened_media", "digital_content", "opened_hygiene", "air_travel"
]


class NewOptionLevel(Body, frozen=True, kw_only=True):
    """規格 · One of at most two levels of choice, e.g. 顏色 with 紅, 藍."""

    name: Text
    values: list[Text]


class WantedLevel(NewOptionLevel, frozen=True, kw_only=True):
    """要改成的規格 · A level as it is to be: `was` names the one it comes from, `renamed` its values {old: new}."""

    was: Text | None = None
    renamed: dict[Text, Text] = {}


class PutOptions(Body, frozen=True, kw_only=True):
    """修改規格 · All levels. Variants that can stay keep their ids and stock."""

    options: Annotated[list[WantedLevel], Meta(max_length=2)]
    expected_version: Version | UnsetType = UNSET


class DiscountRule(Body, frozen=True, kw_only=True):
    """折扣 · TWD or percent off, always or from one time to another (not included)."""

    kind: Literal["amount", "percent"]
    value: Amount
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class Package(Body, frozen=True, kw_only=True):
    """包裹尺寸（公分） · The packed product in cm."""

    length: int
    width: int
    height: int


class RefundRules(Body, frozen=True, kw_only=True):
    """退貨規則 · At least the seven days of the law, unless one of its exclusions holds."""

    days: int = 7
    return_shipping: Literal["buyer", "seller"] = "buyer"
    exclusions: list[Exclusion] = []
    note: Annotated[str, Meta(max_length=500)] = ""


class GroupBuy(Body, frozen=True, kw_only=True):
    """團購 · From so many pieces together within so many hours, so many percent off."""

    min_quantity: int
    percent_off: int
    open_hours: int


class NewVariant(Body, frozen=True, kw_only=True):
    """一個規格 · Without a price of its own it follows the product's."""

    options: list[Text] = []
    sku: Text | None = None
    gtin: Text | None = None
    desc: LongText = ""
    price: Amount | None = None
    discount: Amount | None = None
    discount_rule: DiscountRule | None = None
    low_stock_at: Quantity | None = None
    metadata: dict[str, Any] | None = None


class NewTier(Body, frozen=True, kw_only=True):
    """多件優惠 · From this quantity on, this many percent off."""

    from_quantity: int
    percent_off: int


class NewProduct(Body, frozen=True, kw_only=True):
    """新商品 · A draft with its variants in one step. `category` is a leaf's category_id.

    `discount` is TWD off, always; `discount_rule` instead of it can be a percentage and have a period.
    """

    name: Text
    price: Amount
    category: Text
    desc: LongText = ""
    discount: Amount = 0
    discount_rule: DiscountRule | None = None
    condition: Condition = "new"
    attributes: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    options: list[NewOptionLevel] = []
    variants: list[NewVariant] = []
    refund_rules: RefundRules | UnsetType = UNSET
    tiers: list[NewTier] = []
    days_to_ship: int = 2
    min_quantity: int = 1
    weight_g: int | None = None
    package_cm: Package | None = None
    shipping_methods: list[ShippingMethod] | None = None
    group_buy: GroupBuy | None = None
    parent_sku: ParentSku | None = None


class PatchProduct(Body, frozen=True, kw_only=True):
    """修改商品 · Absent fields stay; null takes away what a product can be without."""

    name: Text | UnsetType = UNSET
    desc: LongText | UnsetType = UNSET
    price: Amount | UnsetType = UNSET
    discount: Amount | UnsetType = UNSET
    discount_rule: DiscountRule | UnsetType = UNSET
    category: Text | UnsetType = UNSET
    condition: Condition | UnsetType = UNSET
    attributes: dict[str, Any] | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    refund_rules: RefundRules | UnsetType = UNSET
    tiers: list[NewTier] | UnsetType = UNSET
    days_to_ship: int | UnsetType = UNSET
    min_quantity: int | UnsetType = UNSET
    weight_g: int | UnsetType | None = UNSET
    package_cm: Package | UnsetType | None = UNSET
    shipping_methods: list[ShippingMethod] | UnsetType | None = UNSET
    group_buy: GroupBuy | UnsetType | None = UNSET
    parent_sku: ParentSku | UnsetType | None = UNSET
    expected_version: Version | UnsetType = UNSET


class PatchVariant(Body, frozen=True, kw_only=True):
    """修改規格 · Absent fields stay; null takes away a GTIN or the low-stock mark."""

    sku: Text | UnsetType | None = UNSET
    gtin: Text | UnsetType | None = UNSET
    desc: LongText | UnsetType = UNSET
    options: list[Text] | UnsetType = UNSET
    price: Amount | UnsetType = UNSET
    discount: Amount | UnsetType = UNSET
    discount_rule: DiscountRule | UnsetType = UNSET
    low_stock_at: Quantity | UnsetType | None = UNSET
    metadata: dict[str, Any] | UnsetType = UNSET
    expected_version: Version | UnsetType = UNSET


class ScheduleProduct(Body, frozen=True, kw_only=True):
    """預約上架 · When it lists itself."""

    list_at: Moment
    expected_version: Version | UnsetType = UNSET


class SetStock(Body, frozen=True, kw_only=True):
    """商品數量 · How many are on hand."""

    quantity: Quantity


class ChangeStock(Body, frozen=True, kw_only=True):
    """增減商品數量 · So many more, or fewer. With `order_id`: goods of that order that came back."""

    add: Annotated[int, Meta(ge=-100_000_000, le=100_000_000)]
    order_id: Text | None = None


class BlockProduct(Body, frozen=True, kw_only=True):
    """下架原因 · What the shop is told."""

    reason: Annotated[str, Meta(max_length=500)]


class NewCategory(Body, frozen=True, kw_only=True):
    """新增類別 · Without a parent it is a top one."""

    name: Text
    name_en: Text
    parent_id: Text | None = None
    position: int = 0
    expected_version: Version | UnsetType = UNSET


class PatchCategory(Body, frozen=True, kw_only=True):
    """修改類別 · Absent fields stay. A retired category takes no new products."""

    name: Text | UnsetType = UNSET
    name_en: Text | UnsetType = UNSET
    parent_id: Text | UnsetType | None = UNSET
    position: int | UnsetType = UNSET
    retired: bool | UnsetType = UNSET
    expected_version: Version | UnsetType = UNSET


class NewAttribute(Body, frozen=True, kw_only=True):
    """屬性 · Numbers may have a unit, a choice has choices."""

    attribute_id: Text
    name: Text
    name_en: Text
    type: AttributeType
    required: bool = False
    choices: list[Text] = []
    unit: Text | None = None


class PutAttributes(Body, frozen=True, kw_only=True):
    """類別的屬性 · All of them, in their order."""

    attributes: Annotated[list[NewAttribute], Meta(max_length=40)]
    expected_version: Version | UnsetType = UNSET
