"""A product with its variants: one aggregate, one version."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from catalog.domain import options, text, variant
from catalog.domain.category import Category
from catalog.domain.errors import LastVariant, VariantExists
from catalog.domain.gtin import gtin
from catalog.domain.listing import Block, Listing, Problems, State
from catalog.domain.money import NO_DISCOUNT, Discount, Price, Pricing, discount_still_to_come, earliest
from catalog.domain.options import MOST_VARIANTS, OptionLevel, WantedLevel
from catalog.domain.shop_page import ShippingMethod
from catalog.domain.terms import USUAL_TERMS, Terms, not_offered
from catalog.domain.variant import Variant, VariantDraft
from chassis.errors import Invalid, Missing, StaleVersion

LARGEST_METADATA = 256 * 1024  # bytes of JSON, as media keeps it

Condition = Literal["new", "used"]  # 商品保存狀況 全新/二手


@dataclass(frozen=True)
class ProductDraft:
    """What somebody wants a new product to be."""

    id: UUID
    metadata_id: UUID
    name: str
    category: Category
    price: int
    desc: str = ""
    discount: Discount = NO_DISCOUNT
    condition: Condition = "new"
    attributes: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    options: tuple[OptionLevel, ...] = ()
    variants: tuple[VariantDraft, ...] = ()
    terms: Terms = USUAL_TERMS
    parent_sku: str | None = None


@dataclass(eq=False)
class Product(Listing):
    """A product. `pricing` is what its variants cost unless they have their own, `price` what of it is in force."""

    id: UUID
    shop_id: UUID
    seller_id: UUID
    name: str
    desc: str
    category_id: str
    price: Price
    pricing: Pricing
    metadata_id: UUID
    created_at: datetime
    changed_at: datetime
    condition: Condition = "new"
    attributes: dict[str, Any] = field(default_factory=dict)
    levels: tuple[OptionLevel, ...] = ()
    terms: Terms = USUAL_TERMS
    parent_sku: str | None = None  # 主商品貨號: the seller's own number of it, which a sheet names it by
    state: State = State.DRAFT
    metadata_version: int = 1
    version: int = 1
    listed_at: datetime | None = None
    list_at: datetime | None = None
    list_problems: Problems | None = None
    block: Block | None = None
    shop_open: bool = True
    shop_ships_by: tuple[ShippingMethod, ...] = ()
    sold: int = 0
    next_at: datetime | None = None  # when time alone will change it: a discount begins or ends, or it lists itself
    variants: list[Variant] = field(default_factory=list)
    touched: bool = field(default=False, repr=False)
    changed_variants: set[UUID] = field(default_factory=set, repr=False)

    @classmethod
    def drafted(cls, draft: ProductDraft, shop_id: UUID, seller_id: UUID, at: datetime) -> "Product":
        """A new draft with its variants. Raises Invalid, InvalidAttribute, VariantExists."""
        pricing = Pricing(draft.price, discount_still_to_come(draft.discount, at))
        product = cls(
            id=draft.id,
            shop_id=shop_id,
            seller_id=seller_id,
            name=text.line(draft.name, "name", 120),
            desc=text.paragraph(draft.desc, "desc", 5000),
            category_id=draft.category.id,
            price=pricing.at(at),
            pricing=pricing,
            metadata_id=draft.metadata_id,
            created_at=at,
            changed_at=at,
            condition=draft.condition,
            attributes=draft.category.checked(draft.attributes),
            levels=options.levels(draft.options),
            terms=draft.terms.checked(),
            parent_sku=variant.sku(draft.parent_sku, "parent_sku"),
        )
        text.document(draft.metadata, "metadata", largest=LARGEST_METADATA)
        for wanted in draft.variants:
            product._append(wanted, at)
        product.touched = False
        product.settle(at)
        return product

    @property
    def live(self) -> list[Variant]:
        """Variants that are not deleted, in their order."""
        return sorted((one for one in self.variants if not one.deleted), key=lambda one: one.position)

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

    def describe(self, *, name: str | None = None, desc: str | None = None, condition: Condition | None = None) -> None:
        """Other words; None keeps them. Raises Invalid."""
        if name is not None:
            self._set(name=text.line(name, "name", 120))
        if desc is not None:
            self._set(desc=text.paragraph(desc, "desc", 5000))
        if condition is not None:
            self._set(condition=condition)

    def sell_on(self, **terms: Any) -> None:
        """Other terms. Other quantity tiers are another offer: the variants get a new price version. Raises Invalid."""
        tiers = self.terms.tiers
        self._set(terms=self.terms.changed(**terms))
        if self.terms.tiers != tiers:
            for one in self.live:
                one.price_version += 1
                self._changed(one)

    def check_shipping(self) -> None:
        """Raises Invalid when the product names methods its shop does not ship by."""
        if missing := not_offered(self.terms.shipping_methods or (), self.shop_ships_by):
            raise Invalid(f"the shop does not ship by {', '.join(missing)}", field="shipping_methods")

    def number(self, parent_sku: str | None) -> None:
        """Another number of the seller's own; none or blank takes it away. Raises Invalid."""
        self._set(parent_sku=variant.sku(parent_sku, "parent_sku"))

    def classify(self, category: Category, attributes: dict[str, Any]) -> None:
        """Puts it into a category with these attributes. Raises InvalidAttribute."""
        self._set(category_id=category.id, attributes=category.checked(attributes))

    def reprice(self, amount: int | None, discount: Discount | None, at: datetime) -> None:
        """Another price or discount; the variants that follow it get a new price version. Raises Invalid."""
        if discount is not None and discount != self.pricing.discount:
            discount_still_to_come(discount, at)
        self._set(pricing=self.pricing.changed(amount, discount))
        self._set(price=self.pricing.at(at))
        for one in self.variants:
            if one.follows and one.reprice(self.pricing, at):
                self._changed(one)

    def tell_time(self, at: datetime) -> None:
        """Prices become those that are in force now."""
        self._set(price=self.pricing.at(at))
        for one in self.live:
            if one.price_at(at):
                self._changed(one)

    def submit(self, document: dict[str, Any]) -> None:
        """A new metadata document; only its version stays here. Raises Invalid."""
        text.document(document, "metadata", largest=LARGEST_METADATA)
        self.metadata_version += 1
        self.touched = True

    def add(self, draft: VariantDraft, at: datetime) -> Variant:
        """One more variant; a new option value joins its level. Raises Invalid, VariantExists."""
        self._alive()
        self._set(levels=options.widened(self.levels, draft.options))
        return self._append(draft, at)

    def change(self, variant_id: UUID, draft: VariantDraft, at: datetime) -> None:
        """Changes a variant: options, price and metadata where the draft sets them, everything else always.

        The only variant of a product shares its price with the product. Raises Invalid, VariantExists, Missing.
        """
        one = self.variant(variant_id)
        if draft.options and draft.options != one.options:
            self._set(levels=options.widened(self.levels, draft.options))
            one.options = options.fitting(draft.options, self.levels)
            self._changed(one)
        told = {
            "sku": variant.sku(draft.sku),
            "desc": text.paragraph(draft.desc, "variants.desc", 500),
            "gtin": gtin(draft.gtin),
            "low_stock_at": variant.low_stock(draft.low_stock_at),
        }
        for name, value in told.items():
            if getattr(one, name) != value:
                setattr(one, name, value)
                self._changed(one)
        if any(other.looks == one.looks for other in self.live if other is not one):
            raise VariantExists("another variant has the same options")
        self._reprice_variant(one, draft.price, draft.discount, at)
        if draft.metadata is not None:
            one.submit(draft.metadata, draft.metadata_id)
            self._changed(one)

    def document_variant(self, one: Variant, new_id: UUID) -> None:
        """Gives a variant its first, empty document."""
        one.submit({}, new_id)
        self._changed(one)

    def _reprice_variant(self, one: Variant, amount: int | None, discount: Discount | None, at: datetime) -> None:
        if amount is None and discount is None:
            return
        if one.follows and len(self.live) == 1:
            self.reprice(amount, discount, at)
            return
        if discount is not None and discount != one.pricing.discount:
            discount_still_to_come(discount, at)
        if one.reprice(one.pricing.changed(amount, discount), at) or one.follows:
            one.follows = False
            self._changed(one)

    def reshape(self, wanted: Sequence[WantedLevel], drafts: Iterable[VariantDraft], at: datetime) -> list[Variant]:
        """Other option levels. Variants that can stay keep their ids, prices and stock; new ones are made of `drafts`,
        which give the ids; answers those. Raises Invalid.
        """
        plan = options.reshaped(self.levels, [(one.id, one.options) for one in self.live], wanted)
        self._set(levels=plan.levels)
        for variant_id in plan.go:
            self._delete(self.variant(variant_id))
        for variant_id, choice in plan.stay.items():
            one = self.variant(variant_id)
            if one.options != choice:
                one.options = choice
                self._changed(one)
        blank = iter(drafts)
        made = [self._append(replace(next(blank), options=choice), at) for choice in plan.made]
        if self.levels:
            self._arrange()
        return made

    def _arrange(self) -> None:
        """Variants stand in the order of their values."""
        places = {choice: at for at, choice in enumerate(options.combinations(self.levels))}
        for one in self.live:
            if one.position != places[one.options]:
                one.position = places[one.options]
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
        self._delete(one)

    def _delete(self, one: Variant) -> None:
        one.deleted = True
        self._changed(one)

    def settle(self, at: datetime) -> bool:
        """Whether anything changed; if so, one version more. Plans what time will bring next."""
        moments = [
            pricing.discount.boundary_after(at) for pricing in (self.pricing, *(one.pricing for one in self.live))
        ]
        self.next_at = None if self.state is State.DELETED else earliest([*moments, self.list_at])
        if not self.touched:
            return False
        self.touched = False
        self.version += 1
        self.changed_at = at
        return True

    def _alive(self) -> None:
        if self.state is State.DELETED:
            raise Missing

    def _append(self, draft: VariantDraft, at: datetime) -> Variant:
        if len(self.live) >= MOST_VARIANTS:
            raise Invalid(f"a product has at most {MOST_VARIANTS} variants", field="variants")
        if any(other.id == draft.id for other in self.variants):
            raise Invalid("two variants have the same id", field="variants.product_variant_id")
        one = Variant.made(draft, self.pricing, max((one.position + 1 for one in self.variants), default=0), at)
        one.options = options.fitting(draft.options, self.levels)
        if any(other.looks == one.looks for other in self.live):
            raise VariantExists("two variants have the same options")
        self.variants.append(one)
        self._changed(one)
        return one

    def _changed(self, one: Variant) -> None:
        self.changed_variants.add(one.id)
        self.touched = True
