"""How every change of a product runs: found and locked, brought up to the time, changed, checked, announced."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from catalog.application import views
from catalog.application.ports import Categories, Clock, UnitOfWork, Units
from catalog.application.views import View
from catalog.domain.events import ProductChanged
from catalog.domain.product import Product, State
from chassis.errors import Missing
from kernel.rights import Right, require

Changes = Callable[[Product, UnitOfWork, datetime], None]


class Editor:
    """Changes products one at a time, each in its own transaction."""

    def __init__(self, units: Units, categories: Categories, clock: Clock) -> None:
        self._units = units
        self._categories = categories
        self._clock = clock

    def edit(
        self,
        by: UUID,
        product_id: UUID,
        right: Right,
        changes: Changes,
        *,
        expected_version: int | None = None,
        deleted_too: bool = False,
    ) -> View:
        """The product after these changes. What is listed stays as complete as it was.

        Raises Missing, RoleRequired, StaleVersion, NotListable, and what the changes raise.
        """
        with self._units() as unit:
            product = self.found(unit, by, product_id, right, lock=True, deleted_too=deleted_too)
            product.expect(expected_version)
            self._change(product, unit, changes)
        return self.view(product)

    def decide(self, product_id: UUID, changes: Changes) -> View:
        """The same for an operator, whose right was checked before. Raises Missing and what the changes raise."""
        with self._units() as unit:
            product = unit.products.get(product_id, lock=True)
            if product is None or product.state is State.DELETED:
                raise Missing
            self._change(product, unit, changes)
        return self.view(product)

    def _change(self, product: Product, unit: UnitOfWork, changes: Changes) -> None:
        at = self._clock()
        tree = self._categories()
        before = product.lacks(tree.node(product.category_id))
        product.tell_time(at)
        changes(product, unit, at)
        if product.settle(at):
            product.stay_listable(tree.node(product.category_id), before)
            unit.products.save(product)
            unit.publish(ProductChanged(product))

    def found(
        self,
        unit: UnitOfWork,
        by: UUID,
        product_id: UUID,
        right: Right,
        *,
        lock: bool = False,
        deleted_too: bool = False,
    ) -> Product:
        """The product, if the caller has this right in its shop. Raises Missing, RoleRequired."""
        product = unit.products.get(product_id, lock=lock)
        if product is None:
            raise Missing
        require(unit.shops.role(product.shop_id, by), right)
        if product.state is State.DELETED and not deleted_too:
            raise Missing
        return product

    def product_of(self, variant_id: UUID) -> UUID:
        """Whose variant this is. Raises Missing."""
        with self._units() as unit:
            product_id = unit.products.of_variant(variant_id)
        if product_id is None:
            raise Missing
        return product_id

    def view(self, product: Product) -> View:
        """The product as its shop sees it."""
        return views.product(product, self._categories(), inside=True)
