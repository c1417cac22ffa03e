"""Putting products on the market and taking them off: by their shop, by an operator, and by time."""

from datetime import datetime
from uuid import UUID

from catalog.application.editing import Editor
from catalog.application.ports import Categories, Clock, SellerDirectory, UnitOfWork, Units
from catalog.application.sellers import Sellerhood
from catalog.application.views import View
from catalog.domain.events import ProductChanged
from catalog.domain.product import Product
from kernel.rights import Right

MOST = 50  # products whose time has come, in one transaction


class ListingDesk:
    """Use cases of listing."""

    def __init__(
        self, units: Units, editor: Editor, sellerhood: Sellerhood, categories: Categories, clock: Clock
    ) -> None:
        self._units = units
        self._editor = editor
        self._sellerhood = sellerhood
        self._categories = categories
        self._clock = clock

    def put_on_list(
        self, by: UUID, product_id: UUID, directory: SellerDirectory, expected_version: int | None = None
    ) -> View:
        """上架. Raises Missing, RoleRequired, StaleVersion, NotListable, ProductBlocked.

        A suspended shop's seller is looked up once more.
        """
        with self._units() as unit:
            product = self._editor.found(unit, by, product_id, Right.EDIT_PRODUCTS)
            shop = unit.shops.get(product.shop_id)
        if shop is not None and shop.suspended:
            self._sellerhood.require(shop.owner_id, directory)

        def changes(product: Product, _unit: UnitOfWork, at: datetime) -> None:
            product.list_publicly(self._categories().node(product.category_id), at)

        return self._editor.edit(by, product_id, Right.EDIT_PRODUCTS, changes, expected_version=expected_version)

    def schedule(self, by: UUID, product_id: UUID, list_at: datetime, expected_version: int | None = None) -> View:
        """預約上架. Raises Missing, RoleRequired, StaleVersion, Invalid, NotListable, ProductBlocked."""

        def changes(product: Product, _unit: UnitOfWork, at: datetime) -> None:
            product.schedule(self._categories().node(product.category_id), list_at, at)

        return self._editor.edit(by, product_id, Right.EDIT_PRODUCTS, changes, expected_version=expected_version)

    def take_off_list(self, by: UUID, product_id: UUID, expected_version: int | None = None) -> View:
        """下架, and the end of a plan to list it. Raises Missing, RoleRequired, StaleVersion."""
        return self._editor.edit(
            by,
            product_id,
            Right.EDIT_PRODUCTS,
            lambda product, unit, at: product.unlist(),
            expected_version=expected_version,
        )

    def block(self, operator: UUID, product_id: UUID, reason: str) -> View:
        """An operator takes it off the market. Raises Missing, Invalid."""
        return self._editor.decide(product_id, lambda product, unit, at: product.block_for(reason, operator, at))

    def unblock(self, product_id: UUID) -> View:
        """Its shop may list it again. Raises Missing."""
        return self._editor.decide(product_id, lambda product, unit, at: product.unblock())


class Timetable:
    """What time alone changes: discounts begin and end, planned listings happen."""

    def __init__(self, units: Units, categories: Categories, clock: Clock) -> None:
        self._units = units
        self._categories = categories
        self._clock = clock

    def step(self) -> bool:
        """One batch; any number may run, each takes what no other has. Answers whether there may be more at once.

        Raises Unavailable.
        """
        now, tree = self._clock(), self._categories()
        with self._units() as unit:
            due = unit.products.due(now, MOST)
            for product in due:
                product.tell_time(now)
                product.list_when_due(tree.node(product.category_id), now)
                changed = product.settle(now)
                unit.products.save(product)
                if changed:
                    unit.publish(ProductChanged(product))
        return len(due) == MOST
