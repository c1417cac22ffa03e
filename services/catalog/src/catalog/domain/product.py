"""A product with its variants: one aggregate, one version, one table of states."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from catalog.domain import text, variant
from catalog.domain.category import Category
from catalog.domain.errors import IllegalTransition, LastVariant, NotListable, VariantExists
from catalog.domain.money import Price, Tier, tiers
from catalog.domain.variant import MOST_VARIANTS, OptionLevel, Variant, VariantDraft
from chassis.errors import Invalid, Missing, StaleVersion

LARGEST_METADATA = 256 * 1024  # bytes of JSON, as media keeps it
LARGEST_REFUND_RULES = 4 * 1024


Condition = Literal["new", "used"]  # 商品保存狀況 全新/二手


class State(StrEnum):
    """Where a product stands."""

    DRAFT = "draft"
    LISTED = "listed"
    UNLISTED = "unlisted"
    DELETED = "deleted"


ALLOWED: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.LISTED, State.DELETED}),
    State.LISTED: frozenset({State.UNLISTED, State.DELETED}),
    State.UNLISTED: frozenset({State.LISTED, State.DELETED}),
    State.DELETED: frozenset(),
}


@dataclass(frozen=True)
class ProductDraft:
    """What somebody wants a new product to be."""

    id: UUID
    metadata_id: UUID
    name: str
    category: Category
    price: int
    desc: str = ""
    discount: int = 0
    condition: Condition = "new"
    attributes: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    options: tuple[OptionLevel, ...] = ()
    variants: tuple[VariantDraft, ...] = ()
    refund_rules: dict[str, Any] = field(default_factory=dict)
    tiers: tuple[Tier, ...] = ()
    days_to_ship: int = 2


@dataclass(eq=False)
class Product:
    """A product. `price` is what its variants cost unless they have their own."""

    id: UUID
    shop_id: UUID
    seller_id: UUID
    name: str
    desc: str
    category_id: str
    price: Price
    metadata_id: UUID
    created_at: datetime
    changed_at: datetime
    condition: Condition = "new"
    attributes: dict[str, Any] = field(default_factory=dict)
    levels: tuple[OptionLevel, ...] = ()
    refund_rules: dict[str, Any] = field(default_factory=dict)
    tiers: tuple[Tier, ...] = ()
    days_to_ship: int = 2
    state: State = State.DRAFT
    metadata_version: int = 1
    version: int = 1
    listed_at: datetime | None = None
    shop_open: bool = True
    variants: list[Variant] = field(default_factory=list)
    touched: bool = field(default=False, repr=False)
    changed_variants: set[UUID] = field(default_factory=set, repr=False)

    @classmethod
    def drafted(cls, draft: ProductDraft, shop_id: UUID, seller_id: UUID, at: datetime) -> "Product":
        """A new draft with its variants. Raises Invalid, InvalidAttribute, VariantExists."""
        product = cls(
            id=draft.id,
            shop_id=shop_id,
            seller_id=seller_id,
            name=text.line(draft.name, "name", 120),
            desc=text.paragraph(draft.desc, "desc", 5000),
            category_id=draft.category.id,
            price=Price(draft.price, draft.discount),
            metadata_id=draft.metadata_id,
            created_at=at,
            changed_at=at,
            condition=draft.condition,
            attributes=draft.category.checked(draft.attributes),
            levels=variant.levels(draft.options),
            refund_rules=text.document(draft.refund_rules, "refund_rules", largest=LARGEST_REFUND_RULES, deepest=4),
            tiers=tiers(draft.tiers),
            days_to_ship=text.whole(draft.days_to_ship, "days_to_ship", 1, 30),
        )
        text.document(draft.metadata, "metadata", largest=LARGEST_METADATA)
        for wanted in draft.variants:
            product._append(wanted)
        product.touched = False
        return product

    @property
    def live(self) -> list[Variant]:
        """Variants that are not deleted."""
        return [one for one in self.variants if not one.deleted]

    @property
    def public(self) -> bool:
        """Whether everybody may see it."""
        return self.state is State.LISTED and self.shop_open

    def variant(self, variant_id: UUID) -> Variant:
        """The live variant with this id. Raises Missing."""
        for one in self.live:
            if one.id == variant_id:
                return one
        raise Missing

    def expect(self, version: int | None) -> None:
        """Raises StaleVersion when the caller has seen another version."""
        if version is not None and version != self.version:
            raise StaleVersion("the product has changed meanwhile", version=self.version)

    def describe(
        self,
        *,
        name: str | None = None,
        desc: str | None = None,
        condition: Condition | None = None,
        refund_rules: dict[str, Any] | None = None,
        days_to_ship: int | None = None,
        tiers_: tuple[Tier, ...] | None = None,
    ) -> None:
        """Other words and conditions; None keeps them. Raises Invalid."""
        if name is not None:
            self._set(name=text.line(name, "name", 120))
        if desc is not None:
            self._set(desc=text.paragraph(desc, "desc", 5000))
        if condition is not None:
            self._set(condition=condition)
        if refund_rules is not None:
            rules = text.document(refund_rules, "refund_rules", largest=LARGEST_REFUND_RULES, deepest=4)
            self._set(refund_rules=rules)
        if days_to_ship is not None:
            self._set(days_to_ship=text.whole(days_to_ship, "days_to_ship", 1, 30))
        if tiers_ is not None:
            self._set(tiers=tiers(tiers_))

    def classify(self, category: Category, attributes: dict[str, Any]) -> None:
        """Puts it into a category with these attributes. Raises InvalidAttribute."""
        self._set(category_id=category.id, attributes=category.checked(attributes))

    def reprice(self, amount: int | None, discount: int | None) -> None:
        """Another price or discount; the variants that follow it get a new price version. Raises Invalid."""
        self._set(price=self.price.changed(amount, discount))
        for one in self.variants:
            if one.follows and one.reprice(self.price):
                self._changed(one)

    def submit(self, document: dict[str, Any]) -> None:
        """A new metadata document; only its version stays here. Raises Invalid."""
        text.document(document, "metadata", largest=LARGEST_METADATA)
        self.metadata_version += 1
        self.touched = True

    def add(self, draft: VariantDraft) -> Variant:
        """One more variant; a new option value joins its level. Raises Invalid, VariantExists."""
        self._alive()
        self._set(levels=variant.widened(self.levels, draft.options))
        return self._append(draft)

    def change(self, variant_id: UUID, draft: VariantDraft) -> None:
        """Changes a variant by the parts of the draft that are set: its `sku` and `desc` always, then options, price
        and metadata. The only variant of a product shares its price with the product.
        """
        one = self.variant(variant_id)
        if draft.options and draft.options != one.options:
            self._set(levels=variant.widened(self.levels, draft.options))
            one.options = variant.fitting(draft.options, self.levels)
            self._changed(one)
        words = (variant.sku(draft.sku), text.paragraph(draft.desc, "variants.desc", 500))
        if words != (one.sku, one.desc):
            one.sku, one.desc = words
            self._changed(one)
        if any(other.looks == one.looks for other in self.live if other is not one):
            raise VariantExists("another variant has the same options")
        self._reprice_variant(one, draft.price, draft.discount)
        if draft.metadata is not None:
            one.submit(draft.metadata, draft.metadata_id)
            self._changed(one)

    def document_variant(self, one: Variant, new_id: UUID) -> None:
        """Gives a variant its first, empty document."""
        one.submit({}, new_id)
        self._changed(one)

    def _reprice_variant(self, one: Variant, amount: int | None, discount: int | None) -> None:
        if amount is None and discount is None:
            return
        if one.follows and len(self.live) == 1:
            self.reprice(amount, discount)
            return
        if one.reprice(one.price.changed(amount, discount)) or one.follows:
            one.follows = False
            self._changed(one)

    def remove(self, variant_id: UUID) -> None:
        """Deletes a variant; what is reserved of it still ships. Repeating it changes nothing.

        Raises LastVariant, and Missing for an id that never was.
        """
        one = next((one for one in self.variants if one.id == variant_id), None)
        if one is None:
            raise Missing
        if one.deleted:
            return
        if len(self.live) == 1:
            raise LastVariant("a product keeps at least one variant: delete the product instead")
        one.deleted = True
        self._changed(one)

    def list_publicly(self, category: Category, at: datetime) -> None:
        """上架. Raises NotListable with everything that is missing, IllegalTransition for a deleted one."""
        if self.state is State.LISTED:
            return
        self._may_move_to(State.LISTED)
        problems = self._lacks(category)
        if not self.shop_open:
            problems["shop"] = "not open"
        if problems:
            raise NotListable("the product is not complete", problems=problems)
        self._set(state=State.LISTED, listed_at=at)

    def stay_listable(self, category: Category) -> None:
        """What is listed cannot be changed into what could not be. Raises NotListable."""
        if self.state is State.LISTED and (problems := self._lacks(category)):
            raise NotListable("a listed product must stay complete: unlist it first", problems=problems)

    def _lacks(self, category: Category) -> dict[str, Any]:
        problems: dict[str, Any] = {}
        if missing := category.missing(self.attributes):
            problems["missing_attributes"] = missing
        if unpriced := [str(one.id) for one in self.live if one.price.final <= 0]:
            problems["without_price"] = unpriced
        return problems

    def unlist(self) -> None:
        """下架. A draft stays a draft. Raises IllegalTransition for a deleted one."""
        if self.state in (State.UNLISTED, State.DRAFT):
            return
        self._may_move_to(State.UNLISTED)
        self._set(state=State.UNLISTED)

    def delete(self) -> None:
        """Takes it away for good; what is reserved of it still ships. Repeating it changes nothing."""
        if self.state is not State.DELETED:
            self._may_move_to(State.DELETED)
            self._set(state=State.DELETED)

    def settle(self, at: datetime) -> bool:
        """Whether anything changed; if so, one version more."""
        if not self.touched:
            return False
        self.touched = False
        self.version += 1
        self.changed_at = at
        return True

    def _may_move_to(self, target: State) -> None:
        if target not in ALLOWED[self.state]:
            raise IllegalTransition(f"a {self.state} product cannot become {target}", state=self.state.value)

    def _alive(self) -> None:
        if self.state is State.DELETED:
            raise Missing

    def _append(self, draft: VariantDraft) -> Variant:
        if len(self.live) >= MOST_VARIANTS:
            raise Invalid(f"a product has at most {MOST_VARIANTS} variants", field="variants")
        if any(other.id == draft.id for other in self.variants):
            raise Invalid("two variants have the same id", field="variants.product_variant_id")
        one = Variant.made(draft, self.price, position=len(self.variants))
        one.options = variant.fitting(draft.options, self.levels)
        if any(other.looks == one.looks for other in self.live):
            raise VariantExists("two variants have the same options")
        self.variants.append(one)
        self._changed(one)
        return one

    def _changed(self, one: Variant) -> None:
        self.changed_variants.add(one.id)
        self.touched = True

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
                self.touched = True


def combinations(options: Sequence[OptionLevel]) -> list[tuple[str, ...]]:
    """Every choice of one value per level; one empty choice when there are no levels."""
    made: list[tuple[str, ...]] = [()]
    for level in options:
        made = [(*choice, value) for choice in made for value in level.values]
    return made
