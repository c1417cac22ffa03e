"""Carts: filled at the price the buyer was shown."""

from uuid import UUID

from chassis.errors import Missing
from orders.application import views
from orders.application.ports import CatalogDirectory, Reader, Units
from orders.application.views import View
from orders.domain import cart
from orders.domain.errors import NotListed, OutOfStock
from orders.domain.offer import Offer, Shop


class CartDesk:
    """Use cases of the cart."""

    def __init__(self, units: Units, reader: Reader) -> None:
        self._units = units
        self._reader = reader

    def get(self, by: UUID) -> View:
        """What lies in the cart, at today's prices."""
        return views.cart(self._reader.cart(by))

    def put(self, by: UUID, variant_id: UUID, quantity: int, catalog: CatalogDirectory) -> View:
        """The quantity becomes this one, and the price version is the one that holds now.

        When the copy would refuse, catalog is asked once. Raises Invalid, Missing, NotListed, OutOfStock, CartFull,
        Unavailable.
        """
        cart.quantity(quantity)
        offer = self._offer(variant_id, quantity, catalog)
        with self._units() as unit:
            unit.carts.lock(by)
            lying = [line.offer.variant_id for line in unit.carts.lines([by]).get(by, ())]
            cart.make_room(lying, variant_id)
            unit.carts.put(by, variant_id, quantity, offer.price_version)
        return self.get(by)

    def delete(self, by: UUID, variant_id: UUID) -> View:
        """The line is gone, whether it was there or not."""
        with self._units() as unit:
            unit.carts.lock(by)
            unit.carts.remove([(by, variant_id)])
        return self.get(by)

    def _offer(self, variant_id: UUID, quantity: int, catalog: CatalogDirectory) -> Offer:
        known = self._reader.offer(variant_id)
        if known is not None and _enough(known, quantity):
            return known[0]
        offer = catalog.offers([variant_id]).get(variant_id)
        if offer is None:
            raise Missing
        if not offer.listed:
            raise NotListed("this is not for sale", variant_ids=[str(variant_id)])
        left = offer.available or 0
        if left < quantity:
            raise OutOfStock("fewer are left", variant_ids=[str(variant_id)], available=left)
        with self._units() as unit:
            unit.copies.put_offers([offer])
        kept = self._reader.offer(variant_id)
        if kept is None or kept[1] is None or not kept[1].open:
            shops = catalog.shops([offer.shop_id])
            with self._units() as unit:
                unit.copies.put_shops(list(shops.values()))
        return offer


def _enough(known: tuple[Offer, Shop | None], quantity: int) -> bool:
    offer, shop = known
    return (
        offer.listed and shop is not None and shop.open and offer.available is not None and offer.available >= quantity
    )
