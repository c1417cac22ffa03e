"""The variant: the thing that is bought. Up to two levels of options tell it from its siblings."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.domain import text
from catalog.domain.gtin import gtin
from catalog.domain.money import Discount, Price, Pricing, discount_still_to_come

LARGEST_METADATA = 256 * 1024  # bytes of JSON, as media keeps it
MOST_LOW = 9_999_999


@dataclass(frozen=True)
class VariantDraft:
    """What somebody wants a new variant to be. Without price and discount it follows the product's."""

    id: UUID
    metadata_id: UUID
    options: tuple[str, ...] = ()
    sku: str | None = None
    desc: str = ""
    price: int | None = None
    discount: Discount | None = None
    metadata: dict[str, Any] | None = None
    gtin: str | None = None
    low_stock_at: int | None = None


@dataclass
class StockSeen:
    """The stock of a variant as it was when the product was read: a hint, decided elsewhere."""

    on_hand: int = 0
    reserved: int = 0
    version: int = 1

    @property
    def available(self) -> int:
        """How many can be bought."""
        return self.on_hand - self.reserved


@dataclass(eq=False)
class Variant:
    """One variant. `price` is the one in force, `pricing` what it follows from; `follows` says that this is the
    product's. `price_version` grows with every new price. `low_stock_at`: its people are told when no more are left.
    """

    id: UUID
    options: tuple[str, ...]
    sku: str | None
    desc: str
    price: Price
    pricing: Pricing
    follows: bool
    price_version: int = 1
    metadata_id: UUID | None = None
    metadata_version: int = 0
    position: int = 0
    deleted: bool = False
    gtin: str | None = None
    low_stock_at: int | None = None
    stock: StockSeen = field(default_factory=StockSeen)

    @classmethod
    def made(cls, draft: VariantDraft, product: Pricing, position: int, at: datetime) -> "Variant":
        """From a draft. Raises Invalid."""
        follows = draft.price is None and draft.discount is None
        pricing = product if follows else _own(product, draft, at)
        variant = cls(
            id=draft.id,
            options=draft.options,
            sku=sku(draft.sku),
            desc=text.paragraph(draft.desc, "variants.desc", 500),
            price=pricing.at(at),
            pricing=pricing,
            follows=follows,
            position=position,
            gtin=gtin(draft.gtin),
            low_stock_at=low_stock(draft.low_stock_at),
        )
        if draft.metadata is not None:
            variant.submit(draft.metadata, draft.metadata_id)
        return variant

    def price_at(self, at: datetime) -> bool:
        """Whether the price in force is another one now; if so, one price version more."""
        price = self.pricing.at(at)
        if price == self.price:
            return False
        self.price = price
        self.price_version += 1
        return True

    def reprice(self, pricing: Pricing, at: datetime) -> bool:
        """Another pricing. Answers whether anything changed."""
        other = pricing != self.pricing
        self.pricing = pricing
        return self.price_at(at) or other

    def submit(self, document: dict[str, Any], new_id: UUID) -> None:
        """A new document; the first one gives it its id. Raises Invalid."""
        text.document(document, "variants.metadata", largest=LARGEST_METADATA)
        if self.metadata_id is None:
            self.metadata_id = new_id
        self.metadata_version += 1

    @property
    def looks(self) -> tuple[tuple[str, ...], str]:
        """What tells it from its siblings: its options, or its description where a product has no option levels."""
        return self.options, "" if self.options else self.desc


def _own(product: Pricing, draft: VariantDraft, at: datetime) -> Pricing:
    amount = product.amount if draft.price is None else draft.price
    return Pricing(amount, discount_still_to_come(draft.discount or Discount(), at))


def sku(value: str | None, field: str = "sku") -> str | None:
    """The seller's own code; blank means none. Raises Invalid."""
    return text.line(value, field, 64) if value and value.strip() else None


def low_stock(value: int | None) -> int | None:
    """From how many on a stock is low; None: never. Raises Invalid."""
    return None if value is None else text.whole(value, "low_stock_at", 0, MOST_LOW)
