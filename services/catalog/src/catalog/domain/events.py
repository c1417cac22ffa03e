"""What happened inside catalog. `adapters.published_events` says which of it the outside hears, and how."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from catalog.domain.invitation import Invitation
    from catalog.domain.product import Product
    from catalog.domain.shop import Shop


@dataclass(frozen=True)
class ShopChanged:
    """The shop as it stands now."""

    shop: "Shop"


@dataclass(frozen=True)
class ProductChanged:
    """The product as it stands now."""

    product: "Product"


@dataclass(frozen=True)
class MetadataSubmitted:
    """A free document of a product or variant, to be kept elsewhere; `withdrawn` when it is to be kept no more."""

    metadata_id: UUID
    product_id: UUID
    shop_id: UUID
    version: int
    document: dict[str, Any]
    variant_id: UUID | None = None
    withdrawn: bool = False


@dataclass(frozen=True)
class StockChanged:
    """How many of a variant can be bought now."""

    variant_id: UUID
    product_id: UUID
    version: int
    available: int


@dataclass(frozen=True)
class StockLow:
    """A variant has so few left that its shop wants to know: once each time it falls that far."""

    variant_id: UUID
    product_id: UUID
    shop_id: UUID
    seller_id: UUID
    name: str
    options: tuple[str, ...]
    available: int
    low_at: int


@dataclass(frozen=True)
class CategoriesChanged:
    """The tree of categories is another one now."""

    version: int


@dataclass(frozen=True)
class PhotosWanted:
    """Photographs of a product that an import names by address: (the id each will have, the address), in order."""

    import_id: UUID
    product_id: UUID
    shop_id: UUID
    metadata_id: UUID
    photos: tuple[tuple[UUID, str], ...]


class Reason(StrEnum):
    """Why an order gets nothing."""

    ORDER_VOID = "order_void"
    NOT_LISTED = "not_listed"
    PRICE_CHANGED = "price_changed"
    OUT_OF_STOCK = "out_of_stock"


@dataclass(frozen=True)
class OrderReserved:
    """Every line of the order is held: (line id, variant id, quantity)."""

    order_id: UUID
    lines: tuple[tuple[str, UUID, int], ...]


@dataclass(frozen=True)
class OrderRejected:
    """No line of the order is held; `variant_ids` are at fault."""

    order_id: UUID
    reason: Reason
    variant_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class StaffInvited:
    """A user is asked to work in a shop, or to take it over."""

    invitation: "Invitation"
    shop: "Shop"


@dataclass(frozen=True)
class InvitationAnswered:
    """Whom it was meant for has accepted or declined."""

    invitation: "Invitation"
    shop: "Shop"


Event = (
    ShopChanged
    | StaffInvited
    | InvitationAnswered
    | ProductChanged
    | MetadataSubmitted
    | PhotosWanted
    | StockChanged
    | StockLow
    | CategoriesChanged
    | OrderReserved
    | OrderRejected
)
