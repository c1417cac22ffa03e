"""Opening shops and running them."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from catalog.application import views
from catalog.application.ports import Clock, Reader, SellerDirectory, Units
from catalog.application.sellers import Sellerhood
from catalog.application.views import View
from catalog.domain.errors import SellerRequired
from catalog.domain.events import ShopChanged
from catalog.domain.shop import Right, Role, Shipping, Shop, require
from chassis.errors import Missing


@dataclass(frozen=True)
class OpenShop:
    """A seller opens a shop. The id is made by the caller, so repeating it opens no second one."""

    by: UUID
    shop_id: UUID
    name: str
    kind: str
    address: dict[str, str]


@dataclass(frozen=True)
class ChangeShop:
    """Changes what is given; None keeps."""

    by: UUID
    shop_id: UUID
    name: str | None = None
    kind: str | None = None
    address: dict[str, str] | None = None
    state: str | None = None
    shipping: tuple[Shipping, ...] | None = None
    expected_version: int | None = None


class ShopDesk:
    """Use cases of shops."""

    def __init__(self, units: Units, reader: Reader, sellerhood: Sellerhood, clock: Clock) -> None:
        self._units = units
        self._reader = reader
        self._sellerhood = sellerhood
        self._clock = clock

    def open(self, command: OpenShop, directory: SellerDirectory) -> View:
        """The new shop, or the one this id already names if it is the caller's. Raises SellerRequired, Invalid."""
        self._sellerhood.require(command.by, directory)
        shop = Shop.opened(command.shop_id, command.by, command.name, command.kind, command.address, self._clock())
        with self._units() as unit:
            copy = unit.sellers.get(command.by)
            if copy is None or not copy.approved:
                raise SellerRequired("become a seller first")
            if unit.shops.add(shop):
                unit.publish(ShopChanged(shop))
                return views.shop(shop, inside=True)
            existing = unit.shops.get(command.shop_id)
        if existing is None or existing.owner_id != command.by:
            raise Missing
        return views.shop(existing, inside=True)

    def change(self, command: ChangeShop) -> View:
        """The shop afterwards. Raises Missing, RoleRequired, StaleVersion, Invalid."""
        with self._units() as unit:
            shop = unit.shops.get(command.shop_id, lock=True)
            if shop is None:
                raise Missing
            require(shop.staff.get(command.by), Right.EDIT_SHOP)
            shop.expect(command.expected_version)
            shop.rename(command.name, command.kind)
            if command.address is not None:
                shop.move(command.address)
            if command.state is not None:
                shop.open_or_close(command.state)
            if command.shipping is not None:
                shop.ship_by(command.shipping)
            if shop.settle(self._clock()):
                unit.shops.save(shop)
                unit.publish(ShopChanged(shop))
        return views.shop(shop, inside=True)

    def put_staff(self, by: UUID, shop_id: UUID, user_id: UUID, role: Role) -> View:
        """Gives somebody a role. Raises Missing, RoleRequired, OwnerStays."""
        return self._staff(by, shop_id, lambda shop: shop.employ(user_id, role))

    def delete_staff(self, by: UUID, shop_id: UUID, user_id: UUID) -> View:
        """Takes it away; repeating it changes nothing. Raises Missing, RoleRequired, OwnerStays."""
        return self._staff(by, shop_id, lambda shop: shop.dismiss(user_id))

    def _staff(self, by: UUID, shop_id: UUID, change: Callable[[Shop], None]) -> View:
        with self._units() as unit:
            shop = unit.shops.get(shop_id, lock=True)
            if shop is None:
                raise Missing
            require(shop.staff.get(by), Right.EDIT_STAFF)
            change(shop)
            if shop.settle(self._clock()):
                unit.shops.save(shop)
                unit.publish(ShopChanged(shop))
        return {"items": views.staff(shop)}

    def staff(self, by: UUID, shop_id: UUID) -> View:
        """Who works there, for those who do. Raises Missing."""
        shop = self._reader.shops([shop_id]).get(shop_id)
        if shop is None:
            raise Missing
        require(shop.staff.get(by), Right.SEE)
        return {"items": views.staff(shop)}

    def get(self, by: UUID | None, shop_id: UUID) -> View:
        """One shop; one that is not open, to its own people only. Raises Missing."""
        seen = self.get_many(by, [shop_id])
        if str(shop_id) not in seen:
            raise Missing
        return seen[str(shop_id)]

    def get_many(self, by: UUID | None, shop_ids: list[UUID]) -> dict[str, View]:
        """Shops by id, as the caller may see them; what they may not see is absent."""
        found = self._reader.shops(shop_ids)
        return {
            str(shop.id): views.shop(shop, inside=by in shop.staff)
            for shop in found.values()
            if shop.state == "open" or by in shop.staff
        }

    def mine(self, by: UUID, after: UUID | None, limit: int) -> View:
        """Shops where the caller has a role, a page at a time."""
        page = self._reader.shops_of(by, after, limit)
        items = [{**views.shop(shop, inside=True), "role": shop.staff[by].value} for shop in page.shops]
        return {"items": items, "next_cursor": str(page.more) if page.more else None}
