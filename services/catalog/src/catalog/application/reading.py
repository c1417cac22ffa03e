"""What anybody, or a shop's own people, can read of products."""

from collections.abc import Sequence
from uuid import UUID

from catalog.application import views
from catalog.application.ports import Categories, ProductPage, Reader
from catalog.application.views import View
from catalog.domain.product import State
from chassis.errors import Missing

ANY_STATE = tuple(state for state in State if state is not State.DELETED)


class ReadingRoom:
    """Questions about products."""

    def __init__(self, reader: Reader, categories: Categories) -> None:
        self._reader = reader
        self._categories = categories

    def product(self, by: UUID | None, product_id: UUID) -> View:
        """One product: what is public for everybody, all of it for the shop's people. Raises Missing."""
        [seen] = self.each([(by, product_id)])
        if seen is None:
            raise Missing
        return seen

    def each(self, asked: Sequence[tuple[UUID | None, UUID]]) -> list[View | None]:
        """The product each (user, product id) asks for, by position; None where it is not for them."""
        found = self._reader.products([product_id for _, product_id in asked])
        pairs = {(found[product_id].shop_id, by) for by, product_id in asked if by and product_id in found}
        roles = self._reader.roles(sorted(pairs)) if pairs else {}
        tree = self._categories()
        answers: list[View | None] = []
        for by, product_id in asked:
            product = found.get(product_id)
            inside = product is not None and by is not None and (product.shop_id, by) in roles
            if product is None or product.state is State.DELETED or not (inside or product.public):
                answers.append(None)
            else:
                answers.append(views.product(product, tree, inside=inside))
        return answers

    def public(self, product_ids: Sequence[UUID]) -> dict[str, View]:
        """Public products by id; others are absent."""
        tree = self._categories()
        found = self._reader.products(product_ids)
        return {str(one.id): views.product(one, tree, inside=False) for one in found.values() if one.public}

    def of_shop(self, by: UUID | None, shop_id: UUID, state: str | None, before: UUID | None, limit: int) -> View:
        """A shop's products, newest first; every state for its people. Raises Missing."""
        shop = self._reader.shops([shop_id]).get(shop_id)
        inside = shop is not None and by in shop.staff
        if shop is None or not (inside or shop.state == "open"):
            raise Missing
        states: tuple[State, ...] = (State(state),) if state else ANY_STATE
        if not inside:
            states = tuple(one for one in states if one is State.LISTED)
        return self._page(self._reader.products_of_shop(shop_id, states, before, limit), inside=inside)

    def offers(self, variant_ids: Sequence[UUID]) -> dict[str, View]:
        """What orders needs to sell these variants, by variant id, whatever their state; unknown ones are absent."""
        found = self._reader.of_variants(variant_ids)
        return {
            str(variant_id): views.offer(product, one)
            for variant_id, product in found.items()
            for one in product.variants
            if one.id == variant_id
        }

    def categories(self) -> View:
        """The tree without what is retired."""
        return views.categories(self._categories())

    def _page(self, page: ProductPage, *, inside: bool) -> View:
        tree = self._categories()
        items = [views.product(product, tree, inside=inside) for product in page.products]
        return {"items": items, "next_cursor": str(page.more) if page.more else None}
