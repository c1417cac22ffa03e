"""Making and changing products."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.application import documents
from catalog.application.editing import Editor
from catalog.application.keep import KEEP, Keep
from catalog.application.ports import Categories, Clock, NewId, UnitOfWork, Units
from catalog.application.views import View
from catalog.domain.category import Category
from catalog.domain.errors import UnknownCategory
from catalog.domain.events import ProductChanged, StockChanged
from catalog.domain.money import Discount, Tier, discount_of
from catalog.domain.options import MOST_VARIANTS, OptionLevel, combinations, levels
from catalog.domain.product import Condition, Product, ProductDraft, State
from catalog.domain.shop_page import ShippingMethod
from catalog.domain.terms import REFUND_RULES, GroupBuy, Package, Terms
from catalog.domain.variant import VariantDraft
from chassis.errors import Invalid, Missing
from kernel.rights import Right, require


@dataclass(frozen=True)
class WantedVariant:
    """A variant as a seller describes it; `id` may be left to us."""

    id: UUID | None = None
    options: tuple[str, ...] = ()
    sku: str | None = None
    desc: str = ""
    price: int | None = None
    discount: int | Discount | None = None
    metadata: dict[str, Any] | None = None
    gtin: str | None = None
    low_stock_at: int | None = None

    def draft(self, new_id: NewId) -> VariantDraft:
        """With the ids it lacks."""
        return VariantDraft(
            id=self.id or new_id(),
            metadata_id=new_id(),
            options=self.options,
            sku=self.sku,
            desc=self.desc,
            price=self.price,
            discount=discount_of(self.discount),
            metadata=self.metadata,
            gtin=self.gtin,
            low_stock_at=self.low_stock_at,
        )


@dataclass(frozen=True)
class MakeProduct:
    """A draft with its variants in one step. The id is made by the caller, so repeating it makes no second one."""

    by: UUID
    product_id: UUID
    shop_id: UUID
    name: str
    price: int
    category: str
    desc: str = ""
    discount: int | Discount = 0
    condition: Condition = "new"
    attributes: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    options: tuple[OptionLevel, ...] = ()
    variants: tuple[WantedVariant, ...] = ()
    refund_rules: dict[str, Any] = field(default_factory=lambda: dict(REFUND_RULES))
    tiers: tuple[Tier, ...] = ()
    days_to_ship: int | None = None  # as the shop does
    min_quantity: int = 1
    weight_g: int | None = None
    package_cm: Package | None = None
    shipping_methods: tuple[ShippingMethod, ...] | None = None
    group_buy: GroupBuy | None = None
    parent_sku: str | None = None


@dataclass(frozen=True)
class ChangeProduct:
    """Changes what is given; None keeps, but of `parent_sku` KEEP does. `terms` holds those of `Terms` that change,
    by name.
    """

    by: UUID
    product_id: UUID
    name: str | None = None
    desc: str | None = None
    price: int | None = None
    discount: int | Discount | None = None
    category: str | None = None
    condition: Condition | None = None
    attributes: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    terms: dict[str, Any] = field(default_factory=dict)
    parent_sku: str | Keep | None = KEEP
    expected_version: int | None = None


class ProductDesk:
    """Use cases of products."""

    def __init__(self, units: Units, editor: Editor, categories: Categories, clock: Clock, new_id: NewId) -> None:
        self._units = units
        self._editor = editor
        self._categories = categories
        self._clock = clock
        self._new_id = new_id

    def make(self, command: MakeProduct) -> View:
        """The new draft, or the product this id already names if the caller may edit it.

        Raises Missing, RoleRequired, Invalid, UnknownCategory, InvalidAttribute, VariantExists, ParentSkuTaken.
        """
        with self._units() as unit:
            shop = unit.shops.get(command.shop_id)
            if shop is None:
                raise Missing
            require(shop.staff.get(command.by), Right.EDIT_PRODUCTS)
            draft = self._draft(command, shop.days_to_ship)
            product = Product.drafted(draft, shop.id, shop.owner_id, self._clock())
            product.shop_open = shop.state == "open"
            product.shop_ships_by = tuple(option.method for option in shop.shipping)
            product.check_shipping()
            _still_a_leaf(unit, draft.category)
            if not unit.products.add(product):
                existing = unit.products.get(command.product_id)
                if existing is None or existing.shop_id != command.shop_id:
                    raise Missing
                return self._editor.view(existing)
            announce_new(unit, product, draft)
        return self._editor.view(product)

    def _draft(self, command: MakeProduct, days_to_ship: int) -> ProductDraft:
        return ProductDraft(
            id=command.product_id,
            metadata_id=self._new_id(),
            name=command.name,
            category=self._categories().leaf(command.category),
            price=command.price,
            desc=command.desc,
            discount=discount_of(command.discount) or Discount(),
            condition=command.condition,
            attributes=command.attributes,
            metadata=command.metadata,
            options=command.options,
            variants=self._variants(command),
            parent_sku=command.parent_sku,
            terms=Terms(
                days_to_ship=days_to_ship if command.days_to_ship is None else command.days_to_ship,
                min_quantity=command.min_quantity,
                tiers=command.tiers,
                weight_g=command.weight_g,
                package_cm=command.package_cm,
                shipping_methods=command.shipping_methods,
                refund_rules=command.refund_rules,
                group_buy=command.group_buy,
            ),
        )

    def _variants(self, command: MakeProduct) -> tuple[VariantDraft, ...]:
        wanted = command.variants
        if not wanted:
            if len(choices := combinations(levels(command.options))) > MOST_VARIANTS:
                raise Invalid(f"a product has at most {MOST_VARIANTS} variants", field="options")
            wanted = tuple(WantedVariant(options=choice) for choice in choices)
        return tuple(one.draft(self._new_id) for one in wanted)

    def change(self, command: ChangeProduct) -> View:
        """The product afterwards. What is listed must stay complete.

        Raises Missing, RoleRequired, StaleVersion, Invalid, UnknownCategory, InvalidAttribute, NotListable,
        ParentSkuTaken.
        """

        def changes(product: Product, unit: UnitOfWork, at: datetime) -> None:
            product.describe(name=command.name, desc=command.desc, condition=command.condition)
            if not isinstance(command.parent_sku, Keep):
                product.number(command.parent_sku)
            product.sell_on(**command.terms)
            if "shipping_methods" in command.terms:
                product.check_shipping()
            self._reclassify(product, command, unit)
            product.reprice(command.price, discount_of(command.discount), at)
            if command.metadata is not None:
                product.submit(command.metadata)
                unit.publish(documents.of_product(product, command.metadata))

        return self._editor.edit(
            command.by,
            command.product_id,
            Right.EDIT_PRODUCTS,
            changes,
            expected_version=command.expected_version,
        )

    def _reclassify(self, product: Product, command: ChangeProduct, unit: UnitOfWork) -> None:
        """Another category, or other attributes. One that was retired keeps its products, and gets no new ones."""
        if command.category is None and command.attributes is None:
            return
        tree = self._categories()
        other = command.category is not None and command.category != product.category_id
        category = tree.leaf(command.category or "") if other else tree.node(product.category_id)
        if other:
            _still_a_leaf(unit, category)
        attributes = product.attributes if command.attributes is None else command.attributes
        if other and command.attributes is None:
            known = {attribute.id for attribute in category.attributes}
            attributes = {name: value for name, value in attributes.items() if name in known}
        product.classify(category, attributes)

    def delete(self, by: UUID, product_id: UUID, expected_version: int | None = None) -> None:
        """Takes a product away for good; repeating it changes nothing. Raises Missing, RoleRequired, StaleVersion."""

        def changes(product: Product, unit: UnitOfWork, _at: datetime) -> None:
            if product.state is State.DELETED:
                return
            product.delete()
            unit.publish(*documents.product_gone(product))

        self._editor.edit(
            by,
            product_id,
            Right.DELETE_PRODUCTS,
            changes,
            expected_version=expected_version,
            deleted_too=True,
        )

    def may_edit(self, by: UUID, product_id: UUID) -> View:
        """Whose document photos of this product belong to, for those who may add some. Raises Missing."""
        with self._units() as unit:
            product = self._editor.found(unit, by, product_id, Right.EDIT_PRODUCTS)
        return {
            "product_id": str(product.id),
            "shop_id": str(product.shop_id),
            "metadata_id": str(product.metadata_id),
        }


def _still_a_leaf(unit: UnitOfWork, category: Category) -> None:
    """The tree was read a moment ago. Raises UnknownCategory."""
    if unit.categories.divided([category.id]):
        raise UnknownCategory(f"{category.name} has categories below it: choose one of them", category=category.id)


def announce_new(unit: UnitOfWork, product: Product, draft: ProductDraft) -> None:
    """Opens the stock of a new product's variants and tells everybody of it."""
    unit.stock.open(product.id, [one.id for one in product.variants])
    unit.publish(ProductChanged(product), documents.of_product(product, draft.metadata))
    submitted = {wanted.id: wanted.metadata for wanted in draft.variants}
    for one in product.variants:
        unit.publish(StockChanged(one.id, product.id, 1, 0))
        unit.publish(*documents.of_variant(product, one, submitted[one.id]))
