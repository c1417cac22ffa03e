"""What catalog says, is asked and answers, a file for each subject; this is all of it by name."""

from contracts.catalog.categories import AddCategory, CategoriesChangedV1, NewAttribute, PatchCategory, PutAttributes
from contracts.catalog.imports import (
    CreateImport,
    ExportedPage,
    ExportedProduct,
    ExportPage,
    Import,
    ImportId,
    ImportPhotos,
    ImportProblem,
    ImportProducts,
    ImportRows,
    ListImportErrors,
    ListImports,
    PhotosWantedV1,
    WantedPhoto,
)
from contracts.catalog.metadata import MayEdit, MetadataSubmittedV1, Picture, PutShopPicture, ShopPicture
from contracts.catalog.offers import GetMany, Offer
from contracts.catalog.products import (
    BlockedProduct,
    BlockProduct,
    CreateProduct,
    ListBlockedProducts,
    PatchProduct,
    ProductChangedV1,
    ProductId,
    ScheduleProduct,
)
from contracts.catalog.search import ListShopProducts, SearchProducts
from contracts.catalog.shops import (
    CreateShop,
    Holiday,
    Page,
    PatchShop,
    ShippingMethod,
    ShippingOption,
    ShopChangedV1,
    ShopId,
    Staff,
    StaffRole,
)
from contracts.catalog.staff import (
    DeleteStaff,
    Invitation,
    InvitationAnsweredV1,
    InvitationId,
    InviteStaff,
    PutStaff,
    RevokeInvitation,
    StaffInvitedV1,
)
from contracts.catalog.stock import (
    ChangeStock,
    Ledger,
    LedgerEntry,
    ListLedger,
    OrderId,
    OrderStock,
    OrderStockLine,
    ReservedLine,
    SetStock,
    Stock,
    StockChangedV1,
    StockLowV1,
    StockRejectedV1,
    StockReservedV1,
)
from contracts.catalog.terms import DiscountRule, GroupBuyOption, Package, QuantityTier
from contracts.catalog.variants import (
    AddVariant,
    NewVariant,
    OptionLevel,
    PatchVariant,
    PutOptions,
    Variant,
    VariantId,
    WantedLevel,
)
