"""A copy that is behind must not refuse a checkout: before it does, catalog is asked once for all that doubt."""

import logging
from collections.abc import Sequence
from uuid import UUID

from chassis.errors import Refusal, Unavailable
from orders.application.ports import CatalogDirectory, StorageFault, Units
from orders.domain.checkout import Wish
from orders.domain.errors import BelowMinimum, MethodNotOffered, NotListed, ShopClosed, ShopOnHoliday
from orders.domain.offer import Offer, Shop

log = logging.getLogger(__name__)

DOUBTFUL = (NotListed, ShopClosed, ShopOnHoliday, MethodNotOffered, BelowMinimum)


class SecondLook:
    """Brings copies up to date."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def hopeful(self, refused: Sequence[tuple[Wish, Refusal]], catalog: CatalogDirectory) -> list[Wish]:
        """Those wishes that catalog would not refuse for this reason; their copies are newer now.

        Without catalog, or when they cannot be kept, the refusals stand.
        """
        doubted = [(wish, refusal) for wish, refusal in refused if isinstance(refusal, DOUBTFUL)]
        if not doubted:
            return []
        variants = {UUID(one) for _, refusal in doubted for one in refusal.fields.get("variant_ids", ())}
        shop_ids = {UUID(refusal.fields["shop_id"]) for _, refusal in doubted if "shop_id" in refusal.fields}
        try:
            offers = catalog.offers(sorted(variants)) if variants else {}
            shops = catalog.shops(sorted(shop_ids)) if shop_ids else {}
            wishes = [wish for wish, refusal in doubted if not _stands(wish, refusal, offers, shops)]
            if wishes:
                with self._units() as unit:
                    unit.copies.put_shops(list(shops.values()))
                    unit.copies.put_offers([offer for offer in offers.values() if offer.listed])
        except (Unavailable, StorageFault) as fault:
            log.warning("%s refusals stand, since nobody could look again: %s", len(doubted), fault)
            return []
        return wishes


def _stands(wish: Wish, refusal: Refusal, offers: dict[UUID, Offer], shops: dict[UUID, Shop]) -> bool:
    if "variant_ids" in refusal.fields:
        found = [offers.get(UUID(one)) for one in refusal.fields["variant_ids"]]
        return not all(offer is not None and _sells(wish, refusal, offer) for offer in found)
    shop = shops.get(UUID(refusal.fields["shop_id"]))
    if shop is None or not shop.open or (isinstance(refusal, ShopOnHoliday) and shop.holiday is not None):
        return True
    [method] = [one.method for one in wish.destinations if one.shop_id == shop.id]
    return shop.option(method) is None


def _sells(wish: Wish, refusal: Refusal, offer: Offer) -> bool:
    """Whether the offer as it is now takes away the reason of a refusal."""
    if isinstance(refusal, MethodNotOffered):
        return offer.listed and all(
            offer.ships_by(to.method) for to in wish.destinations if to.shop_id == offer.shop_id
        )
    if isinstance(refusal, BelowMinimum):
        return offer.listed and refusal.fields["wanted"][str(offer.variant_id)] >= offer.min_quantity
    return offer.listed
