"""From what a sheet says of a product to the product: new, or the one the shop has, by the rules of the domain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.domain.import_problems import Problem, RowRefused
from catalog.domain.listing import State
from catalog.domain.money import Discount, Pricing
from catalog.domain.options import OptionLevel
from catalog.domain.product import Product, ProductDraft
from catalog.domain.sheet_attributes import attribute_values
from catalog.domain.sheet_categories import Categories
from catalog.domain.sheet_columns import title_of
from catalog.domain.sheet_rows import Listed, VariantRow
from catalog.domain.shop import Shop
from catalog.domain.terms import Terms
from catalog.domain.variant import Variant, VariantDraft
from chassis.errors import Refusal

#: Which column a refused field of the domain is written in.
FIELD_COLUMNS = {
    "name": "name", "desc": "desc", "category": "category", "price": "price", "discount": "discount", "sku": "sku",
    "parent_sku": "parent_sku", "days_to_ship": "days_to_ship", "quantity": "quantity",
    "min_quantity": "min_quantity", "weight_g": "weight", "gtin": "gtin",
    "tiers": "tiers", "tiers.from_quantity": "tiers", "tiers.percent_off": "tiers",
    "options": "option_name_1", "options.name": "option_name_1", "options.values": "option_1",
    "variants.options": "option_1", "variants": "option_1",
}  # fmt: skip


@dataclass
class Merged:
    """A product as it is to be, and what of its stock is to be set. `version` is the one it had; 0 for a new one."""

    listed: Listed
    product: Product
    version: int
    changed: bool = True
    stock: dict[UUID, int] = field(default_factory=dict)
    made: list[Variant] = field(default_factory=list)

    @property
    def new(self) -> bool:
        """Whether the shop did not have it."""
        return self.version == 0


class Merger:
    """Makes and changes products of one shop on behalf of one person."""

    def __init__(self, shop: Shop, categories: Categories, new_id: Callable[[], UUID], at: datetime) -> None:
        self._shop = shop
        self._categories = categories
        self._new_id = new_id
        self._at = at

    def merge(self, listed: Listed, existing: Product | None) -> Merged:
        """The product. One that exists is changed in place, also when it is refused. Raises RowRefused."""
        self._row = listed.row
        try:
            return self._changed(listed, existing) if existing else self._made(listed)
        except Refusal as error:
            raise RowRefused(refused(error, self._row)) from error

    def _made(self, listed: Listed) -> Merged:
        category = listed.category
        missing = [Problem(listed.row, "required", title_of("name"))] if not listed.name else []
        if category is None:
            missing.append(Problem(listed.row, "required", title_of("category")))
        missing += [Problem(one.row, "required", title_of("price")) for one in listed.variants if one.price is None]
        if missing or category is None or listed.name is None:
            raise RowRefused(*missing)
        attributes, problems = attribute_values(listed.attributes, category, listed.row)
        if problems:
            raise RowRefused(*problems)
        first = listed.variants[0]
        told: dict[str, Any] = {
            name: value for name in ("desc", "condition", "parent_sku") if (value := getattr(listed, name)) is not None
        }
        draft = ProductDraft(
            id=self._new_id(),
            metadata_id=self._new_id(),
            name=listed.name,
            category=category,
            price=first.price or 0,
            discount=Discount(value=first.discount or 0),
            terms=self._terms(listed),
            attributes=attributes,
            options=_levels(listed),
            variants=tuple(self._drafts(listed, first)),
            **told,
        )
        product = Product.drafted(draft, self._shop.id, self._shop.owner_id, self._at)
        product.shop_open = self._shop.state == "open"
        product.shop_ships_by = tuple(one.method for one in self._shop.shipping)
        if listed.state == "listed":
            product.list_publicly(category, self._at)
            product.touched = False  # it is born listed: nobody has seen another version
            product.settle(self._at)
        stock = {one.id: row.quantity or 0 for one, row in zip(product.variants, listed.variants, strict=True)}
        return Merged(listed, product, version=0, stock=stock, made=list(product.variants))

    def _terms(self, listed: Listed) -> Terms:
        """What the sheet does not say of a new product is as its shop does it, or as usual."""
        return replace(Terms(days_to_ship=self._shop.days_to_ship), **_told_terms(listed))

    def _drafts(self, listed: Listed, first: VariantRow) -> Sequence[VariantDraft]:
        """A variant that costs what the first one does follows the product's price."""
        if len(listed.variants) > 1 and not listed.level_names:
            raise RowRefused(*(Problem(one.row, "option_missing", title_of("option_1")) for one in listed.variants[1:]))
        drafts = []
        for one in listed.variants:
            follows = (one.price, one.discount or 0) == (first.price, first.discount or 0)
            drafts.append(
                VariantDraft(
                    id=self._new_id(),
                    metadata_id=self._new_id(),
                    options=one.options,
                    sku=one.sku,
                    gtin=one.gtin,
                    price=None if follows else one.price,
                    discount=None if follows else Discount(value=one.discount or 0),
                )
            )
        return drafts

    def _changed(self, listed: Listed, product: Product) -> Merged:
        merged = Merged(listed, product, version=product.version)
        tree = self._categories.tree
        before = product.lacks(tree.node(product.category_id))
        product.tell_time(self._at)
        product.describe(
            name=listed.name,
            desc=listed.desc,
            condition=listed.condition,
        )
        product.sell_on(**_told_terms(listed))
        if listed.parent_sku is not None:
            product.number(listed.parent_sku)
        self._classify(listed, product)
        if listed.level_names and listed.level_names != tuple(level.name for level in product.levels):
            raise RowRefused(Problem(listed.row, "options_differ", title_of("option_name_1")))
        found = self._matched(listed, product)
        self._reprice(product, found)
        for row, one in found:
            self._row = row.row
            self._change_variant(merged, product, row, one)
        self._row = listed.row
        self._move(listed, product)
        merged.changed = product.settle(self._at)
        if merged.changed:
            product.stay_listable(tree.node(product.category_id), before)
        return merged

    def _classify(self, listed: Listed, product: Product) -> None:
        category = listed.category or self._categories.tree.leaf(product.category_id)
        given, problems = attribute_values(listed.attributes, category, listed.row)
        if problems:
            raise RowRefused(*problems)
        known = {attribute.id for attribute in category.attributes}
        kept = {name: value for name, value in product.attributes.items() if name in known}
        if category.id != product.category_id or {**kept, **given} != product.attributes:
            product.classify(category, {**kept, **given})

    def _matched(self, listed: Listed, product: Product) -> list[tuple[VariantRow, Variant | None]]:
        """Which variant each row means; none for one that is to be made. Raises RowRefused when it cannot be told."""
        found: list[tuple[VariantRow, Variant | None]] = []
        taken: dict[UUID, int] = {}
        for row in listed.variants:
            one = _meant(row, product)
            if one is not None and (first := taken.setdefault(one.id, row.row)) != row.row:
                raise RowRefused(Problem(row.row, "duplicate_variant", values={"first": first}))
            found.append((row, one))
        return found

    def _reprice(self, product: Product, found: Sequence[tuple[VariantRow, Variant | None]]) -> None:
        """Where all variants follow the product's price and all rows say another one, it is the product's."""
        wanted = {(row.price, row.discount) for row, _ in found}
        covered = {one.id for _, one in found if one is not None} == {one.id for one in product.live}
        if len(wanted) == 1 and covered and all(one.follows for one in product.live):
            amount, discount = wanted.pop()
            if (amount, discount) != (None, None):
                product.reprice(amount, _discount(discount, product.pricing), self._at)

    def _change_variant(self, merged: Merged, product: Product, row: VariantRow, one: Variant | None) -> None:
        if one is None:
            if row.price is None and row.discount is not None:
                raise RowRefused(Problem(row.row, "required", title_of("price")))
            follows = row.price in (None, product.pricing.amount) and row.discount is None
            draft = VariantDraft(
                id=self._new_id(),
                metadata_id=self._new_id(),
                options=row.options,
                sku=row.sku,
                gtin=row.gtin,
                price=None if follows else row.price,
                discount=None if row.discount is None else Discount(value=row.discount),
            )
            one = product.add(draft, self._at)
            merged.made.append(one)
            merged.stock[one.id] = row.quantity or 0
            return
        price = None if row.price in (None, one.pricing.amount) else row.price
        discount = _discount(row.discount, one.pricing)
        options = row.options if row.options and row.options != one.options else ()
        other = options or row.sku not in (None, one.sku) or row.gtin not in (None, one.gtin)
        if price is not None or discount is not None or other:
            draft = VariantDraft(
                id=one.id,
                metadata_id=self._new_id(),
                options=options,
                sku=one.sku if row.sku is None else row.sku,
                desc=one.desc,
                price=price,
                discount=discount,
                gtin=one.gtin if row.gtin is None else row.gtin,
                low_stock_at=one.low_stock_at,
            )
            product.change(one.id, draft, self._at)
        if row.quantity is not None and row.quantity != one.stock.on_hand:
            merged.stock[one.id] = row.quantity

    def _move(self, listed: Listed, product: Product) -> None:
        if listed.state == "listed":
            product.list_publicly(self._categories.tree.leaf(product.category_id), self._at)
        elif listed.state == "unlisted":
            product.unlist()
        elif listed.state == "draft" and product.state is not State.DRAFT:
            raise RowRefused(Problem(listed.row, "illegal_transition", title_of("state")))


def _levels(listed: Listed) -> tuple[OptionLevel, ...]:
    """The levels of a new product: their values in the order in which the sheet has them."""
    return tuple(
        OptionLevel(name, tuple(dict.fromkeys(one.options[at].strip() for one in listed.variants)))
        for at, name in enumerate(listed.level_names)
    )


def _told_terms(listed: Listed) -> dict[str, Any]:
    names = ("days_to_ship", "min_quantity", "tiers", "weight_g")
    return {name: value for name in names if (value := getattr(listed, name)) is not None}


def _discount(told: int | None, now: Pricing) -> Discount | None:
    """The discount that is told, where it is another than what is always taken off now."""
    known = now.discount
    if told is None or (
        known.kind == "amount" and known.value == told and known.starts_at is None and known.ends_at is None
    ):
        return None
    return Discount(value=told)


def _meant(row: VariantRow, product: Product) -> Variant | None:
    """The variant by its id, by its options, by its code, or because it is the only one."""
    live = product.live
    if row.variant_id is not None:
        by_id = next((one for one in live if one.id == row.variant_id), None)
        if by_id is None:
            raise RowRefused(Problem(row.row, "variant_not_found", title_of("variant_id")))
        return by_id
    by_options = next((one for one in live if row.options and one.options == row.options), None)
    if by_options is not None:
        return by_options
    if row.sku is not None:
        by_sku = [one for one in live if one.sku == row.sku]
        if len(by_sku) == 1:
            return by_sku[0]
    if row.options:
        return None
    if len(live) == 1:
        return live[0]
    raise RowRefused(Problem(row.row, "variant_unclear", title_of("option_1")))


def refused(error: Refusal, row: int) -> Problem:
    """A refusal of the domain as a problem of a row."""
    name = str(error.fields.get("field", ""))
    column = FIELD_COLUMNS.get(name)
    values = {**error.fields, "detail": error.detail}
    if error.code == "not_listable":
        problems = dict(error.fields.get("problems", {}))
        missing = [str(one) for one in problems.get("missing_attributes", [])]
        values["missing"] = ", ".join([*missing, *(name for name in problems if name != "missing_attributes")])
        column = "state"
    return Problem(row, error.code, title_of(column) if column else None, values=values)
