"""Opening shops and running them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from catalog.application import views
from catalog.application.ports import Clock, Reader, SellerDirectory, Units
from catalog.application.sellers import Sellerhood
from catalog.application.views import View
from catalog.domain.errors import SellerRequired
from catalog.domain.events import ShopChanged
from catalog.domain.shop import Shop
from catalog.domain.shop_page import Holiday, Picture, PictureKind, Shipping
from chassis.errors import Missing
from kernel.rights import Right, Role, require


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
    introduction: str | None = None
    days_to_ship: int | None = None
    rests: bool | None = None  # on holiday, or back from it
    rests_until: str | None = None
    expected_version: int | None = None

    @property
    def page(self) -> bool:
        """Whether it is about more than opening and closing."""
        parts = (self.name, self.kind, self.address, self.shipping, self.introduction, self.days_to_ship, self.rests)
        return self.state is None or any(part is not None for part in parts)


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
                return views.shop(shop, shop.created_at, inside=True)
            existing = unit.shops.get(command.shop_id)
        if existing is None or existing.owner_id != command.by:
            raise Missing
        return views.shop(existing, self._clock(), inside=True)

    def change(self, command: ChangeShop) -> View:
        """The shop afterwards. Raises Missing, RoleRequired, StaleVersion, Invalid."""
        now = self._clock()

        def changes(shop: Shop) -> None:
            role = shop.staff.get(command.by)
            if command.page:
                require(role, Right.EDIT_SHOP)
            if command.state is not None:
                require(role, Right.CLOSE_SHOP)
            shop.expect(command.expected_version)
            _apply(command, shop, now)

        return views.shop(self._changed(command.shop_id, changes), now, inside=True)

    def may_show(self, by: UUID, shop_id: UUID, kind: PictureKind) -> View:
        """Whose document a shop's picture belongs to, for those who may change it. Raises Missing, RoleRequired.

        To media a logo and a cover are what a variant's photo is: a document of one photo, here the shop's.
        """
        with self._units() as unit:
            shop = unit.shops.get(shop_id)
        require(shop.staff.get(by) if shop else None, Right.EDIT_SHOP)
        document = str(uuid5(shop_id, kind.value))
        return {"product_id": str(shop_id), "shop_id": str(shop_id), "metadata_id": document, "variant_id": document}

    def show(self, by: UUID, shop_id: UUID, kind: PictureKind, picture: Picture | None) -> View:
        """The shop with another logo or cover, or without. Raises Missing, RoleRequired."""

        def changes(shop: Shop) -> None:
            require(shop.staff.get(by), Right.EDIT_SHOP)
            shop.show(kind, picture)

        return views.shop(self._changed(shop_id, changes), self._clock(), inside=True)

    def put_staff(self, by: UUID, shop_id: UUID, user_id: UUID, role: Role) -> View:
        """Gives one of the people another role. Raises Missing, RoleRequired, OwnerStays."""

        def changes(shop: Shop) -> None:
            require(shop.staff.get(by), Right.EDIT_STAFF)
            shop.promote(user_id, role)

        return {"items": views.staff(self._changed(shop_id, changes))}

    def delete_staff(self, by: UUID, shop_id: UUID, user_id: UUID) -> View:
        """Takes a role away, also one's own; repeating it changes nothing. Raises Missing, RoleRequired, OwnerStays."""

        def changes(shop: Shop) -> None:
            role = shop.staff.get(by)
            if by != user_id or role is Role.OWNER:
                require(role, Right.EDIT_STAFF)
            else:
                require(role, Right.LEAVE)
            shop.dismiss(user_id)

        return {"items": views.staff(self._changed(shop_id, changes))}

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
        found, now = self._reader.shops(shop_ids), self._clock()
        return {
            str(shop.id): views.shop(shop, now, inside=by in shop.staff)
            for shop in found.values()
            if shop.state == "open" or by in shop.staff
        }

    def mine(self, by: UUID, after: UUID | None, limit: int) -> View:
        """Shops where the caller has a role, a page at a time."""
        page, now = self._reader.shops_of(by, after, limit), self._clock()
        items = [{**views.shop(shop, now, inside=True), "role": shop.staff[by].value} for shop in page.shops]
        return {"items": items, "next_cursor": str(page.more) if page.more else None}

    def _changed(self, shop_id: UUID, changes: Callable[[Shop], None]) -> Shop:
        with self._units() as unit:
            shop = unit.shops.get(shop_id, lock=True)
            if shop is None:
                raise Missing
            changes(shop)
            if shop.settle(self._clock()):
                unit.shops.save(shop)
                unit.publish(ShopChanged(shop))
        return shop


def _apply(command: ChangeShop, shop: Shop, now: datetime) -> None:
    shop.rename(command.name, command.kind)
    if command.address is not None:
        shop.move(command.address)
    if command.introduction is not None:
        shop.introduce(command.introduction)
    if command.days_to_ship is not None:
        shop.send_within(command.days_to_ship)
    if command.rests is not None:
        shop.rest(Holiday.of(command.rests_until, now) if command.rests else None)
    if command.shipping is not None:
        shop.ship_by(command.shipping)
    if command.state is not None:
        shop.open_or_close(command.state)
