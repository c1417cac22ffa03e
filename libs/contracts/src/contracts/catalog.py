"""What catalog says: shops, products, stock and reservations. Money is an integer in TWD."""

from typing import Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, UnsetType

from contracts.message import Message

ShippingMethod = Literal[
    "home_delivery", "post", "store_711", "store_family", "store_hilife", "store_ok", "face_to_face"
]
StaffRole = Literal["owner", "manager", "packer", "staff"]  # staff: a packer, in older messages


class ShippingOption(msgspec.Struct, frozen=True, kw_only=True):
    """A method a shop ships by: its fee, and from which items total it is free (none: never)."""

    method: ShippingMethod
    fee: int
    free_from: int | None = None


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """One person's role in a shop."""

    user_id: str
    role: StaffRole


class Holiday(msgspec.Struct, frozen=True, kw_only=True):
    """休假: what is listed stays to be seen and cannot be bought, until a day in Taiwan (that one too) or until further
    notice.
    """

    until: str | None = None  # YYYY-MM-DD


class ShopChangedV1(Message, frozen=True, kw_only=True):
    """A shop's whole public state with its staff and shipping methods."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.shop_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders", "notify", "edge-gateway", "gateway")
    subject_field: ClassVar[str] = "shop_id"
    state_of: ClassVar[str | None] = "shop"

    shop_id: str
    version: int
    owner_id: str
    name: str
    kind: str
    state: Literal["open", "closed", "suspended"]
    staff: list[Staff]
    shipping: list[ShippingOption]
    holiday: Holiday | None = None  # since 2026-12


class StaffInvitedV1(Message, frozen=True, kw_only=True):
    """A user is asked to work in a shop, or to take it over (`owner`). Whoever is asked by e-mail gets a letter."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.staff_invited.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notify",)
    subject_field: ClassVar[str] = "invitation_id"

    invitation_id: str
    shop_id: str
    shop_name: str
    role: Literal["owner", "manager", "packer"]
    user_id: str
    invited_by: str


class InvitationAnsweredV1(Message, frozen=True, kw_only=True):
    """Whom an invitation was meant for has accepted or declined it."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.invitation_answered.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notify",)
    subject_field: ClassVar[str] = "invitation_id"

    invitation_id: str
    shop_id: str
    shop_name: str
    role: Literal["owner", "manager", "packer"]
    user_id: str
    invited_by: str
    answer: Literal["accepted", "declined"]


class QuantityTier(msgspec.Struct, frozen=True, kw_only=True):
    """多件優惠: from this quantity on, this many percent off."""

    from_quantity: int
    percent_off: int


class DiscountRule(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken off: TWD or percent (rounded down), always or from one instant to another (not included).

    Times are RFC 3339.
    """

    kind: Literal["amount", "percent"]
    value: int
    starts_at: str | None = None
    ends_at: str | None = None


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """The packed product, in cm."""

    length: int
    width: int
    height: int


class GroupBuyOption(msgspec.Struct, frozen=True, kw_only=True):
    """團購: from `min_quantity` pieces together within `open_hours`, `percent_off` for everybody."""

    min_quantity: int
    percent_off: int
    open_hours: int


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


class CategoriesChangedV1(Message, frozen=True, kw_only=True):
    """The tree of categories is another one: whoever keeps it asks for it again (`get_categories`)."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.categories_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("gateway",)
    subject_field: ClassVar[str] = "tree"
    state_of: ClassVar[str | None] = "categories"

    version: int
    tree: str = "categories"


class MetadataSubmittedV1(Message, frozen=True, kw_only=True):
    """The free metadata document of a product or a variant, to be kept by media, or not any more if `withdrawn`."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.metadata_submitted.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("media",)
    subject_field: ClassVar[str] = "metadata_id"
    state_of: ClassVar[str | None] = "metadata"

    metadata_id: str
    product_id: str
    shop_id: str
    version: int
    document: dict[str, Any]
    variant_id: str | None = None  # of the variant it is about; none: it is the product's own
    withdrawn: bool = False  # the product or variant was deleted


class WantedPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photograph somewhere in the world, and the id it is to have here."""

    photo_id: str
    url: str


class PhotosWantedV1(Message, frozen=True, kw_only=True):
    """An import names photographs of a product by address, in the order in which they shall stand: fetch them.

    Each is answered by `media.photo_settled` under its id.
    """

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.photos_wanted.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("media",)
    subject_field: ClassVar[str] = "product_id"

    import_id: str
    product_id: str
    shop_id: str
    metadata_id: str
    photos: list[WantedPhoto]


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


class CreateShop(msgspec.Struct, frozen=True, kw_only=True):
    """`create_shop`. `shop_id` is made by the caller."""

    shop_id: str
    name: str
    kind: str
    address: dict[str, str]  # city, district, postal_code, line


class GetMany(msgspec.Struct, frozen=True, kw_only=True):
    """`get_products` / `get_shops` / `get_offers`: answers `{"items": {id: ...}}`; what is not there is absent."""

    ids: list[str]


class ShopId(msgspec.Struct, frozen=True, kw_only=True):
    """`get_shop`, `list_staff`, `list_invitations`."""

    shop_id: str


class PatchShop(msgspec.Struct, frozen=True, kw_only=True):
    """`patch_shop`: absent fields stay. `shipping` replaces the whole list; a `holiday` of null ends it.

    Closing and opening (`state`) is the owner's, the rest also a manager's.
    """

    shop_id: str
    name: str | None = None
    kind: str | None = None
    address: dict[str, str] | None = None
    state: Literal["open", "closed"] | None = None
    shipping: list[ShippingOption] | None = None
    introduction: str | None = None
    days_to_ship: int | None = None  # of new products that do not say it themselves
    holiday: Holiday | msgspec.UnsetType | None = msgspec.UNSET
    expected_version: int | None = None


class PutStaff(msgspec.Struct, frozen=True, kw_only=True):
    """`put_staff`: one of the people gets another role. The owner's changes only when somebody takes the shop over."""

    shop_id: str
    user_id: str
    role: Literal["manager", "packer"]


class DeleteStaff(msgspec.Struct, frozen=True, kw_only=True):
    """`delete_staff`: the person has no role any more. Whoever leaves names themselves."""

    shop_id: str
    user_id: str


class InviteStaff(msgspec.Struct, frozen=True, kw_only=True):
    """`invite_staff`: one of `email` and `user_id`. `invitation_id` is made by the caller. Answers `Invitation`.

    Whoever is invited once more keeps theirs, for another week. `owner` hands the shop over to one of its people.
    """

    shop_id: str
    invitation_id: str
    role: Literal["owner", "manager", "packer"]
    email: str | None = None
    user_id: str | None = None


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation. The last three are for those who may invite only; the address is gone once it is settled."""

    invitation_id: str
    shop_id: str
    shop_name: str
    role: Literal["owner", "manager", "packer"]
    state: Literal["pending", "accepted", "declined", "revoked", "expired"]
    created_at: str
    expires_at: str
    email: str | None = None
    user_id: str | None = None
    invited_by: str | None = None


class RevokeInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """`revoke_invitation`. Answers nothing."""

    shop_id: str
    invitation_id: str


class InvitationId(msgspec.Struct, frozen=True, kw_only=True):
    """`accept_invitation`, `decline_invitation`: an invitation by e-mail is for who has proved that address."""

    invitation_id: str


class ShopPicture(msgspec.Struct, frozen=True, kw_only=True):
    """`may_edit_shop`: a shop's logo or cover. Answers `MayEdit`: media keeps it as a document of one photo, as it does
    a variant's, with the shop's id in place of the product's.
    """

    shop_id: str
    kind: Literal["logo", "cover"]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that media keeps."""

    photo_id: str
    url: str


class PutShopPicture(msgspec.Struct, frozen=True, kw_only=True):
    """`put_shop_picture`: the gateway says which stored picture is a shop's logo or cover now; none takes it away."""

    shop_id: str
    kind: Literal["logo", "cover"]
    picture: Picture | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """`list_my_shops`: shops where the caller has a role. `cursor` is `next_cursor` of the page before."""

    cursor: str | None = None
    limit: int = 20


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


class PatchProduct(msgspec.Struct, frozen=True, kw_only=True):
    """`patch_product`: absent fields stay. Variants without a price of their own follow a new price.

    A product can be without a weight, package, choice of shipping methods or group buy: null takes it away.
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


class ProductId(msgspec.Struct, frozen=True, kw_only=True):
    """`get_product` / `get_product_many`, `delete_product`, `list_product`, `unlist_product`, `may_edit_product`,
    `unblock_product`. Those that change something look at `expected_version`.
    """

    product_id: str
    expected_version: int | None = None


class MayEdit(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `may_edit_product` and `may_edit_variant`: the caller may; photos belong to this document."""

    product_id: str
    shop_id: str
    metadata_id: str
    variant_id: str | None = None


class ListShopProducts(msgspec.Struct, frozen=True, kw_only=True):
    """`list_shop_products`, newest first. Staff see every state; everybody else what is listed."""

    shop_id: str
    state: Literal["draft", "scheduled", "listed", "unlisted", "blocked"] | None = None
    cursor: str | None = None
    limit: int = 20


class SearchProducts(msgspec.Struct, frozen=True, kw_only=True):
    """`search_products` among listed ones. A category stands for everything below it; prices are those of a product's
    cheapest variant. Without `sort`, the best come first for words and the newest for none. A cursor is good for the
    order it came from.
    """

    q: str | None = None
    category: str | None = None
    shop_id: str | None = None
    min_price: int | None = None
    max_price: int | None = None
    condition: Literal["new", "used"] | None = None
    sort: str | None = None  # relevance, newest, price_asc, price_desc, sales
    cursor: str | None = None
    limit: int = 20


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


class SetStock(msgspec.Struct, frozen=True, kw_only=True):
    """`put_stock`: `quantity` becomes on_hand. Below what is reserved: `stock_below_reserved`."""

    variant_id: str
    quantity: int


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `put_stock` and `change_stock`."""

    quantity: int
    reserved: int
    available: int


class CreateImport(msgspec.Struct, frozen=True, kw_only=True):
    """`create_import`: a sheet to be imported. Whoever has `address` can read the file there, for a day.

    `import_id` is made by the caller. The same `key` from the same person stands for the same import.
    """

    import_id: str
    shop_id: str
    mode: Literal["all_or_nothing", "skip_bad"]
    dry_run: bool
    file_name: str
    address: str
    sha256: str  # hex, of the file
    size: int  # bytes
    key: str | None = None


class ImportId(msgspec.Struct, frozen=True, kw_only=True):
    """`get_import`, `cancel_import`."""

    shop_id: str
    import_id: str


class ListImports(msgspec.Struct, frozen=True, kw_only=True):
    """`list_imports`, newest first."""

    shop_id: str
    cursor: str | None = None
    limit: int = 20


class ListImportErrors(msgspec.Struct, frozen=True, kw_only=True):
    """`list_import_errors`, in the order they were found."""

    shop_id: str
    import_id: str
    cursor: str | None = None
    limit: int = 20


class ExportPage(msgspec.Struct, frozen=True, kw_only=True):
    """`export_products`: the next products of a shop as rows of a sheet, oldest first."""

    shop_id: str
    cursor: str | None = None


class ExportedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one product; the cells of its photographs, from `ExportedPage.images` on, are for the caller."""

    metadata_id: str
    rows: list[list[str | int | None]]


class ExportedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `export_products`. `columns` are the headings, `images` the position of the first photograph's."""

    columns: list[str]
    images: int
    products: list[ExportedProduct]
    next_cursor: str | None = None


class ImportRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the sheet: read, good, and of products that failed."""

    read: int
    valid: int
    failed: int


class ImportProducts(msgspec.Struct, frozen=True, kw_only=True):
    """Products of the sheet. Of a rehearsal: what would have become of them."""

    read: int
    created: int
    updated: int
    unchanged: int
    failed: int


class ImportPhotos(msgspec.Struct, frozen=True, kw_only=True):
    """Photographs that the sheet names by address."""

    wanted: int
    stored: int
    refused: int


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `create_import`, `get_import` and `cancel_import`. `progress` goes from 0 to 1.

    `refused` has changed nothing when its mode is all_or_nothing; `code` says why, `zh` and `en` in sentences.
    Photographs come later than `done`.
    """

    import_id: str
    shop_id: str
    by: str
    mode: Literal["all_or_nothing", "skip_bad"]
    dry_run: bool
    file_name: str
    size: int
    state: Literal["waiting", "checking", "applying", "done", "refused", "cancelled"]
    cancelling: bool
    progress: float
    rows: ImportRows
    products: ImportProducts
    photos: ImportPhotos
    problems: int
    created_at: str
    code: str | None = None
    zh: str | None = None
    en: str | None = None
    format: Literal["csv", "xlsx"] | None = None
    encoding: str | None = None
    started_at: str | None = None
    ended_at: str | None = None


class ImportProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with a sheet: the row as a spreadsheet counts it, and the heading of its column."""

    row: int
    code: str
    severity: Literal["error", "warning"]
    zh: str
    en: str
    column: str | None = None


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
