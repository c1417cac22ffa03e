"""The variant: the thing that is bought. Up to two levels of options tell it from its siblings."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from catalog.domain import text
from catalog.domain.money import Price
from chassis.errors import Invalid

MOST_LEVELS = 2
MOST_VALUES = 50
MOST_VARIANTS = 100
LARGEST_METADATA = 256 * 1024  # bytes of JSON, as media keeps it


@dataclass(frozen=True)
class OptionLevel:
    """One level of choice: 顏色 with 紅, 藍."""

    name: str
    values: tuple[str, ...]


def levels(given: tuple[OptionLevel, ...]) -> tuple[OptionLevel, ...]:
    """At most two levels with distinct names and values. Raises Invalid."""
    if len(given) > MOST_LEVELS:
        raise Invalid(f"options have at most {MOST_LEVELS} levels", field="options")
    checked = tuple(
        OptionLevel(
            text.line(level.name, "options.name", 20),
            tuple(text.line(value, "options.values", 30) for value in level.values),
        )
        for level in given
    )
    for level in checked:
        if not 1 <= len(level.values) <= MOST_VALUES or len(set(level.values)) != len(level.values):
            raise Invalid(f"{level.name} needs 1 to {MOST_VALUES} different values", field="options.values")
    if len({level.name for level in checked}) != len(checked):
        raise Invalid("option levels need different names", field="options.name")
    return checked


@dataclass(frozen=True)
class VariantDraft:
    """What somebody wants a new variant to be. Without price and discount it follows the product's."""

    id: UUID
    metadata_id: UUID
    options: tuple[str, ...] = ()
    sku: str | None = None
    desc: str = ""
    price: int | None = None
    discount: int | None = None
    metadata: dict[str, Any] | None = None


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
    """One variant. `follows` says that its price is the product's; `price_version` grows with every new price."""

    id: UUID
    options: tuple[str, ...]
    sku: str | None
    desc: str
    price: Price
    follows: bool
    price_version: int = 1
    metadata_id: UUID | None = None
    metadata_version: int = 0
    position: int = 0
    deleted: bool = False
    stock: StockSeen = field(default_factory=StockSeen)

    @classmethod
    def made(cls, draft: VariantDraft, product_price: Price, position: int) -> "Variant":
        """From a draft. Raises Invalid."""
        follows = draft.price is None and draft.discount is None
        base = product_price if draft.price is None else Price(product_price.amount)
        variant = cls(
            id=draft.id,
            options=draft.options,
            sku=sku(draft.sku),
            desc=text.paragraph(draft.desc, "variants.desc", 500),
            price=product_price if follows else _own(base, draft),
            follows=follows,
            position=position,
        )
        if draft.metadata is not None:
            variant.submit(draft.metadata, draft.metadata_id)
        return variant

    def reprice(self, price: Price) -> bool:
        """Whether the price is another one now; if so, one price version more."""
        if price == self.price:
            return False
        self.price = price
        self.price_version += 1
        return True

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


def _own(base: Price, draft: VariantDraft) -> Price:
    amount = base.amount if draft.price is None else draft.price
    if draft.discount is None:
        return Price(amount, 0 if draft.price is not None else base.discount)
    return Price(amount, draft.discount)


def sku(value: str | None) -> str | None:
    """The seller's own code; blank means none. Raises Invalid."""
    return text.line(value, "sku", 64) if value and value.strip() else None


def fitting(options: tuple[str, ...], known: tuple[OptionLevel, ...]) -> tuple[str, ...]:
    """One value for each level. Raises Invalid."""
    if len(options) != len(known):
        raise Invalid(f"a variant of this product has {len(known)} options", field="variants.options")
    cleaned = tuple(text.line(value, "variants.options", 30) for value in options)
    for value, level in zip(cleaned, known, strict=True):
        if value not in level.values:
            raise Invalid(f"{level.name} has no value {value!r}", field="variants.options")
    return cleaned


def widened(known: tuple[OptionLevel, ...], options: tuple[str, ...]) -> tuple[OptionLevel, ...]:
    """The levels with the values of a new variant among theirs. Raises Invalid."""
    if len(options) != len(known):
        return known
    return levels(
        tuple(
            level if value.strip() in level.values else OptionLevel(level.name, (*level.values, value))
            for level, value in zip(known, options, strict=True)
        )
    )
