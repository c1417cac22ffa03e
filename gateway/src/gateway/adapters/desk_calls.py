"""What the desks ask of services, over the bus."""

from collections.abc import Sequence
from typing import Any

from chassis.aio import Bus, Coalescer

Principal = dict[str, Any] | None
View = dict[str, Any]

CHECKOUT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 2.0


class BusOrders:
    """Orders, for the checkout desk. Checkouts that come together share one call and one transaction."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._checkouts = Coalescer(bus, "orders", "checkout_many", timeout=CHECKOUT_TIMEOUT)

    async def checkout(self, principal: Principal, item: View, company: int) -> View:
        """Contract `Checkout`, answers `CheckoutResult`."""
        result: View = await self._checkouts.call(principal, item, company=company)
        return result

    async def get_checkout(self, principal: Principal, checkout_id: str) -> View:
        """Contract `CheckoutId`, answers `CheckoutResult`."""
        payload = {"checkout_id": checkout_id}
        result: View = await self._bus.rpc("orders", "get_checkout", principal, payload, timeout=READ_TIMEOUT)
        return result


class BusCatalog:
    """Catalog, for the photo desk."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def may_edit_product(self, principal: Principal, product_id: str) -> View:
        """Contract `ProductId`, answers `MayEdit`."""
        payload = {"product_id": product_id}
        right: View = await self._bus.rpc("catalog", "may_edit_product", principal, payload)
        return right

    async def may_edit_variant(self, principal: Principal, variant_id: str) -> View:
        """Contract `VariantId`, answers `MayEdit`."""
        payload = {"variant_id": variant_id}
        right: View = await self._bus.rpc("catalog", "may_edit_variant", principal, payload)
        return right

    async def may_edit_shop(self, principal: Principal, shop_id: str, picture: str) -> View:
        """Contract `ShopPicture`, answers `MayEdit`."""
        payload = {"shop_id": shop_id, "kind": picture}
        right: View = await self._bus.rpc("catalog", "may_edit_shop", principal, payload)
        return right


class BusMedia:
    """Media, for the photo desk."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def accept_photo(self, principal: Principal, photo: View) -> View:
        """Contract `AcceptPhoto`, answers `PhotoStatus`."""
        status: View = await self._bus.rpc("media", "accept_photo", principal, photo)
        return status

    async def get_photo(self, principal: Principal, photo_id: str) -> View:
        """Contract `PhotoId`, answers `PhotoStatus`."""
        payload = {"photo_id": photo_id}
        status: View = await self._bus.rpc("media", "get_photo", principal, payload, timeout=READ_TIMEOUT)
        return status

    async def arrange_photos(self, principal: Principal, metadata_id: str, photo_ids: Sequence[str]) -> View:
        """Contract `ArrangePhotos`, answers `Photos`."""
        payload = {"metadata_id": metadata_id, "photo_ids": list(photo_ids)}
        photos: View = await self._bus.rpc("media", "arrange_photos", principal, payload)
        return photos

    async def delete_photo(self, principal: Principal, metadata_id: str, photo_id: str | None) -> View:
        """Contract `DeletePhoto`, answers `Photos`."""
        payload = {"metadata_id": metadata_id, "photo_id": photo_id}
        photos: View = await self._bus.rpc("media", "delete_photo", principal, payload)
        return photos


class BusSheets:
    """Catalog and media, for sheets."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def ask_catalog(self, method: str, principal: Principal, payload: View) -> View:
        """Its answer."""
        answer: View = await self._bus.rpc("catalog", method, principal, payload)
        return answer

    async def photos_of(self, principal: Principal, metadata_ids: Sequence[str]) -> dict[str, list[str]]:
        """Addresses of pictures by document, in their order: those that every program reads."""
        if not metadata_ids:
            return {}
        answer = await self._bus.rpc("media", "get_metadata", principal, {"ids": list(metadata_ids)})
        return {
            metadata_id: [photo.get("urls", {}).get("jpeg", photo["url"]) for photo in one["photos"]]
            for metadata_id, one in answer["items"].items()
        }
