"""Making, changing and listing products and their variants."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from catalog.application import documents, views
from catalog.application.ports import Categories, Clock, NewId, SellerDirectory, UnitOfWork, Units
from catalog.application.sellers import Sellerhood
from catalog.application.views import View
from catalog.domain import variant
from catalog.domain.events import ProductChanged, StockChanged
from catalog.domain.money import Tier
from catalog.domain.product import Condition, Product, ProductDraft, State, combinations
from catalog.domain.shop import Right, require
from catalog.domain.variant import MOST_VARIANTS, OptionLevel, VariantDraft
from chassis.errors import Invalid, Missing


@dataclass(frozen=True)
class WantedVariant:
    """A variant as a seller describes it; `id` may be left to us."""

    id: UUID | None = None
    options: tuple[str, ...] = ()
    sku: str | None = None
    desc: str = ""
    price: int | None = None
    discount: int | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True)
class MakeProduct:
    """A draft with its variants in one step. The id is made by the caller, so repeating it makes no second one."""

    by: UUID
    product_id: UUID
    shop_id: UUID
    name: str
    price: int
    category: str
    desc: str
    discount: int
    condition: Condition
    attributes: dict[str, Any]
    metadata: dict[str, Any]
    options: tuple[OptionLevel, ...]
    variants: tuple[WantedVariant, ...]
    refund_rules: dict[str, Any]
    tiers: tuple[Tier, ...]
    days_to_ship: int


@dataclass(frozen=True)
class ChangeProduct:
    """Changes what is given; None keeps."""

    by: UUID
    product_id: UUID
    name: str | None = None
    desc: str | None = None
    price: int | None = None
    discount: int | None = None
    category: str | None = None
    condition: Condition | None = None
    attributes: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    refund_rules: dict[str, Any] | None = None
    tiers: tuple[Tier, ...] | None = None
    days_to_ship: int | None = None
    expected_version: int | None = None


@dataclass(frozen=True)
class ChangeVariant:
    """Changes what is given; None keeps."""

    by: UUID
    variant_id: UUID
    sku: str | None = None
    desc: str | None = None
    options: tuple[str, ...] | None = None
    price: int | None = None
    discount: int | None = None
    metadata: dict[str, Any] | None = None
    expected_version: int | None = None


class ProductDesk:
    """Use cases of products."""

    def __init__(
        self, units: Units, sellerhood: Sellerhood, categories: Categories, clock: Clock, new_id: NewId
    ) -> None:
        self._units = units
        self._sellerhood = sellerhood
        self._categories = categories
        self._clock = clock
        self._new_id = new_id

    def make(self, command: MakeProduct) -> View:
        """The new draft, or the product this id already names if the caller may edit it.

        Raises Missing, RoleRequired, Invalid, UnknownCategory, InvalidAttribute, VariantExists.
        """
        category = self._categories().leaf(command.category)
        with self._units() as unit:
            shop = unit.shops.get(command.shop_id)
            if shop is None:
                raise Missing
            require(shop.staff.get(command.by), Right.EDIT_PRODUCTS)
            draft = ProductDraft(
                id=command.product_id,
                metadata_id=self._new_id(),
                name=command.name,
                category=category,
                price=command.price,
                desc=command.desc,
                discount=command.discount,
                condition=command.condition,
                attributes=command.attributes,
                metadata=command.metadata,
                options=command.options,
                variants=self._drafts(command),
                refund_rules=command.refund_rules,
                tiers=command.tiers,
                days_to_ship=command.days_to_ship,
            )
            product = Product.drafted(draft, shop.id, shop.owner_id, self._clock())
            product.shop_open = shop.state == "open"
            if not unit.products.add(product):
                existing = unit.products.get(command.product_id)
                if existing is None or existing.shop_id != command.shop_id:
                    raise Missing
                return self._view(existing)
            self._announce_new(unit, product, draft)
        return self._view(product)

    def _drafts(self, command: MakeProduct) -> tuple[VariantDraft, ...]:
        wanted = command.variants
        if not wanted:
            levels = variant.levels(command.options)
            if len(choices := combinations(levels)) > MOST_VARIANTS:
                raise Invalid(f"a product has at most {MOST_VARIANTS} variants", field="options")
            wanted = tuple(WantedVariant(options=choice) for choice in choices)
        return tuple(self._draft(one) for one in wanted)

    def _draft(self, wanted: WantedVariant) -> VariantDraft:
        return VariantDraft(
            id=wanted.id or self._new_id(),
            metadata_id=self._new_id(),
            options=wanted.options,
            sku=wanted.sku,
            desc=wanted.desc,
            price=wanted.price,
            discount=wanted.discount,
            metadata=wanted.metadata,
        )

    @staticmethod
    def _announce_new(unit: UnitOfWork, product: Product, draft: ProductDraft) -> None:
        unit.stock.open(product.id, [one.id for one in product.variants])
        unit.publish(ProductChanged(product), documents.of_product(product, draft.metadata))
        submitted = {wanted.id: wanted.metadata for wanted in draft.variants}
        for one in product.variants:
            unit.publish(StockChanged(one.id, product.id, 1, 0))
            unit.publish(*documents.of_variant(product, one, submitted[one.id]))

    def change(self, command: ChangeProduct) -> View:
        """The product afterwards. What is listed must stay complete.

        Raises Missing, RoleRequired, StaleVersion, Invalid, UnknownCategory, InvalidAttribute, NotListable.
        """

        def changes(product: Product, unit: UnitOfWork) -> None:
            product.expect(command.expected_version)
            product.describe(
                name=command.name,
                desc=command.desc,
                condition=command.condition,
                refund_rules=command.refund_rules,
                days_to_ship=command.days_to_ship,
                tiers_=command.tiers,
            )
            self._reclassify(product, command)
            product.reprice(command.price, command.discount)
            if command.metadata is not None:
                product.submit(command.metadata)
                unit.publish(documents.of_product(product, command.metadata))

        return self._edit(command.by, command.product_id, Right.EDIT_PRODUCTS, changes)

    def _reclassify(self, product: Product, command: ChangeProduct) -> None:
        if command.category is None and command.attributes is None:
            return
        category = self._categories().leaf(command.category or product.category_id)
        attributes = product.attributes if command.attributes is None else command.attributes
        if category.id != product.category_id and command.attributes is None:
            known = {attribute.id for attribute in category.attributes}
            attributes = {name: value for name, value in attributes.items() if name in known}
        product.classify(category, attributes)

    def put_on_list(self, by: UUID, product_id: UUID, directory: SellerDirectory) -> View:
        """上架. Raises Missing, RoleRequired, NotListable; a suspended shop's seller is looked up once more."""
        with self._units() as unit:
            product = self._found(unit, by, product_id, Right.EDIT_PRODUCTS)
            shop = unit.shops.get(product.shop_id)
        if shop is not None and shop.suspended:
            self._sellerhood.require(shop.owner_id, directory)

        def changes(product: Product, unit: UnitOfWork) -> None:
            product.list_publicly(self._categories().leaf(product.category_id), self._clock())

        return self._edit(by, product_id, Right.EDIT_PRODUCTS, changes)

    def take_off_list(self, by: UUID, product_id: UUID) -> View:
        """下架. Raises Missing, RoleRequired."""
        return self._edit(by, product_id, Right.EDIT_PRODUCTS, lambda product, unit: product.unlist())

    def delete(self, by: UUID, product_id: UUID) -> None:
        """Takes a product away for good; repeating it changes nothing. Raises Missing, RoleRequired."""

        def changes(product: Product, unit: UnitOfWork) -> None:
            if product.state is State.DELETED:
                return
            product.delete()
            unit.publish(*documents.product_gone(product))

        self._edit(by, product_id, Right.DELETE_PRODUCTS, changes, deleted_too=True)

    def add_variant(self, by: UUID, product_id: UUID, wanted: WantedVariant) -> View:
        """The product with one variant more; repeating it with the same id adds no second one.

        Raises Missing, RoleRequired, Invalid, VariantExists.
        """

        def changes(product: Product, unit: UnitOfWork) -> None:
            if any(one.id == wanted.id for one in product.variants):
                return
            draft = self._draft(wanted)
            if unit.products.of_variant(draft.id) is not None:
                raise Missing  # the id belongs to another product
            added = product.add(draft)
            unit.products.save(product)
            unit.stock.open(product.id, [added.id])
            unit.publish(StockChanged(added.id, product.id, 1, 0))
            unit.publish(*documents.of_variant(product, added, wanted.metadata))

        return self._edit(by, product_id, Right.EDIT_PRODUCTS, changes)

    def change_variant(self, command: ChangeVariant) -> View:
        """The product afterwards. Raises Missing, RoleRequired, StaleVersion, Invalid, VariantExists, NotListable."""

        def changes(product: Product, unit: UnitOfWork) -> None:
            product.expect(command.expected_version)
            one = product.variant(command.variant_id)
            draft = VariantDraft(
                id=one.id,
                metadata_id=self._new_id(),
                options=command.options or (),
                sku=one.sku if command.sku is None else command.sku,
                desc=one.desc if command.desc is None else command.desc,
                price=command.price,
                discount=command.discount,
                metadata=command.metadata,
            )
            product.change(one.id, draft)
            unit.publish(*documents.of_variant(product, one, command.metadata))

        product_id = self._product_of(command.variant_id)
        return self._edit(command.by, product_id, Right.EDIT_PRODUCTS, changes)

    def delete_variant(self, by: UUID, variant_id: UUID) -> None:
        """Takes a variant away; repeating it changes nothing. Raises Missing, RoleRequired, LastVariant."""
        product_id = self._product_of(variant_id)

        def changes(product: Product, unit: UnitOfWork) -> None:
            gone = next((one for one in product.live if one.id == variant_id), None)
            product.remove(variant_id)
            if gone is not None:
                unit.publish(*documents.variant_gone(product, gone))

        self._edit(by, product_id, Right.EDIT_PRODUCTS, changes)

    def may_edit(self, by: UUID, product_id: UUID) -> View:
        """Whose document photos of this product belong to, for those who may add some. Raises Missing."""
        with self._units() as unit:
            product = self._found(unit, by, product_id, Right.EDIT_PRODUCTS)
        return {
            "product_id": str(product.id),
            "shop_id": str(product.shop_id),
            "metadata_id": str(product.metadata_id),
        }

    def may_edit_variant(self, by: UUID, variant_id: UUID) -> View:
        """Whose document a variant's photo belongs to; a variant without one gets an empty one. Raises Missing."""

        def changes(product: Product, unit: UnitOfWork) -> None:
            one = product.variant(variant_id)
            if one.metadata_id is None:
                product.document_variant(one, self._new_id())
                unit.publish(*documents.of_variant(product, one, {}))

        seen = self._edit(by, self._product_of(variant_id), Right.EDIT_PRODUCTS, changes)
        one = next(one for one in seen["variants"] if one["product_variant_id"] == str(variant_id))
        return {
            "product_id": seen["product_id"],
            "shop_id": seen["shop_id"],
            "metadata_id": one["metadata_id"],
            "variant_id": str(variant_id),
        }

    def _product_of(self, variant_id: UUID) -> UUID:
        with self._units() as unit:
            product_id = unit.products.of_variant(variant_id)
        if product_id is None:
            raise Missing
        return product_id

    def _edit(
        self,
        by: UUID,
        product_id: UUID,
        right: Right,
        changes: Callable[[Product, UnitOfWork], None],
        *,
        deleted_too: bool = False,
    ) -> View:
        with self._units() as unit:
            product = self._found(unit, by, product_id, right, lock=True, deleted_too=deleted_too)
            changes(product, unit)
            if product.settle(self._clock()):
                if product.state is State.LISTED:
                    product.stay_listable(self._categories().leaf(product.category_id))
                unit.products.save(product)
                unit.publish(ProductChanged(product))
        return self._view(product)

    def _found(
        self,
        unit: UnitOfWork,
        by: UUID,
        product_id: UUID,
        right: Right,
        *,
        lock: bool = False,
        deleted_too: bool = False,
    ) -> Product:
        product = unit.products.get(product_id, lock=lock)
        if product is None:
            raise Missing
        require(unit.shops.role(product.shop_id, by), right)
        if product.state is State.DELETED and not deleted_too:
            raise Missing
        return product

    def _view(self, product: Product) -> View:
        return views.product(product, self._categories(), inside=True)
