"""A product's variants: added, changed, removed, and made anew when its options change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.application import documents
from catalog.application.editing import Editor
from catalog.application.keep import KEEP, Keep
from catalog.application.ports import NewId, UnitOfWork
from catalog.application.products import WantedVariant
from catalog.application.views import View
from catalog.domain.events import StockChanged
from catalog.domain.money import Discount, discount_of
from catalog.domain.options import MOST_VARIANTS, WantedLevel
from catalog.domain.product import Product
from catalog.domain.variant import Variant, VariantDraft
from chassis.errors import Missing
from kernel.rights import Right


@dataclass(frozen=True)
class ChangeVariant:
    """Changes what is given. None keeps; where a variant can be without something, KEEP does, and None takes it."""

    by: UUID
    variant_id: UUID
    sku: str | Keep | None = KEEP
    desc: str | None = None
    options: tuple[str, ...] | None = None
    price: int | None = None
    discount: int | Discount | None = None
    metadata: dict[str, Any] | None = None
    gtin: str | Keep | None = KEEP
    low_stock_at: int | Keep | None = KEEP
    expected_version: int | None = None


class VariantDesk:
    """Use cases of variants."""

    def __init__(self, editor: Editor, new_id: NewId) -> None:
        self._editor = editor
        self._new_id = new_id

    def add(
        self,
        by: UUID,
        product_id: UUID,
        wanted: WantedVariant,
        expected_version: int | None = None,
    ) -> View:
        """The product with one variant more; repeating it with the same id adds no second one.

        Raises Missing, RoleRequired, StaleVersion, Invalid, VariantExists.
        """

        def changes(product: Product, unit: UnitOfWork, at: datetime) -> None:
            if any(one.id == wanted.id for one in product.variants):
                return
            product.expect(expected_version)
            draft = wanted.draft(self._new_id)
            if unit.products.of_variant(draft.id) is not None:
                raise Missing  # the id belongs to another product
            added = product.add(draft, at)
            _open(product, [added], unit)
            unit.publish(*documents.of_variant(product, added, wanted.metadata))

        return self._editor.edit(by, product_id, Right.EDIT_PRODUCTS, changes)

    def change(self, command: ChangeVariant) -> View:
        """The product afterwards.

        Raises Missing, RoleRequired, StaleVersion, Invalid, VariantExists, NotListable.
        """

        def changes(product: Product, unit: UnitOfWork, at: datetime) -> None:
            one = product.variant(command.variant_id)
            draft = self._changed(one, command)
            product.change(one.id, draft, at)
            unit.publish(*documents.of_variant(product, one, command.metadata))

        return self._edit_of(command.by, command.variant_id, changes, command.expected_version)

    def _changed(self, one: Variant, command: ChangeVariant) -> VariantDraft:
        return VariantDraft(
            id=one.id,
            metadata_id=self._new_id(),
            options=command.options or (),
            sku=one.sku if isinstance(command.sku, Keep) else command.sku,
            desc=one.desc if command.desc is None else command.desc,
            price=command.price,
            discount=discount_of(command.discount),
            metadata=command.metadata,
            gtin=one.gtin if isinstance(command.gtin, Keep) else command.gtin,
            low_stock_at=one.low_stock_at if isinstance(command.low_stock_at, Keep) else command.low_stock_at,
        )

    def delete(self, by: UUID, variant_id: UUID, expected_version: int | None = None) -> None:
        """Takes a variant away; repeating it changes nothing.

        Raises Missing, RoleRequired, StaleVersion, LastVariant.
        """

        def changes(product: Product, unit: UnitOfWork, _at: datetime) -> None:
            there = product.live
            product.remove(variant_id)
            _withdraw(product, there, unit)

        self._edit_of(by, variant_id, changes, expected_version)

    def put_options(
        self, by: UUID, product_id: UUID, wanted: Sequence[WantedLevel], expected_version: int | None = None
    ) -> View:
        """Other option levels: variants that can stay keep their ids and stock, the rest goes or is made anew.

        Raises Missing, RoleRequired, StaleVersion, Invalid.
        """

        def changes(product: Product, unit: UnitOfWork, at: datetime) -> None:
            blank = (WantedVariant().draft(self._new_id) for _ in range(MOST_VARIANTS))
            there = product.live
            made = product.reshape(wanted, blank, at)
            _withdraw(product, there, unit)
            if made:
                _open(product, made, unit)

        return self._editor.edit(by, product_id, Right.EDIT_PRODUCTS, changes, expected_version=expected_version)

    def may_edit(self, by: UUID, variant_id: UUID) -> View:
        """Whose document a variant's photo belongs to; a variant without one gets an empty one. Raises Missing."""

        def changes(product: Product, unit: UnitOfWork, _at: datetime) -> None:
            one = product.variant(variant_id)
            if one.metadata_id is None:
                product.document_variant(one, self._new_id())
                unit.publish(*documents.of_variant(product, one, {}))

        seen = self._edit_of(by, variant_id, changes, None)
        one = next(one for one in seen["variants"] if one["product_variant_id"] == str(variant_id))
        return {
            "product_id": seen["product_id"],
            "shop_id": seen["shop_id"],
            "metadata_id": one["metadata_id"],
            "variant_id": str(variant_id),
        }

    def _edit_of(
        self,
        by: UUID,
        variant_id: UUID,
        changes: Callable[[Product, UnitOfWork, datetime], None],
        expected_version: int | None,
    ) -> View:
        product_id = self._editor.product_of(variant_id)
        return self._editor.edit(by, product_id, Right.EDIT_PRODUCTS, changes, expected_version=expected_version)


def _withdraw(product: Product, there: Sequence[Variant], unit: UnitOfWork) -> None:
    """Documents of variants that were there, and are deleted now, go with them."""
    for one in there:
        if one.deleted:
            unit.publish(*documents.variant_gone(product, one))


def _open(product: Product, made: Sequence[Variant], unit: UnitOfWork) -> None:
    """Stock needs its variants, so they are written first."""
    unit.products.save(product)
    unit.stock.open(product.id, [one.id for one in made])
    unit.publish(*(StockChanged(one.id, product.id, 1, 0) for one in made))
