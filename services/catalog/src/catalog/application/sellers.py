"""Sellerhood: users decides it, catalog keeps a copy. Losing it suspends a seller's shops, regaining it opens them."""

from collections.abc import Sequence
from uuid import UUID

from catalog.application.ports import Clock, SellerCopy, SellerDirectory, UnitOfWork, Units
from catalog.domain.errors import SellerRequired
from catalog.domain.events import ShopChanged


class Sellerhood:
    """Use cases around the copy."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def heard(self, copies: Sequence[SellerCopy], unit: UnitOfWork) -> None:
        """Keeps what users said, within the transaction of the event; older news change nothing."""
        latest: dict[UUID, SellerCopy] = {}
        for copy in copies:
            if copy.user_id not in latest or copy.version > latest[copy.user_id].version:
                latest[copy.user_id] = copy
        newer = {copy.user_id: copy for copy in unit.sellers.put(list(latest.values()))}
        for shop in unit.shops.owned_by(newer):
            shop.suspend(not newer[shop.owner_id].approved)
            if shop.settle(self._clock()):
                unit.shops.save(shop)
                unit.publish(ShopChanged(shop))

    def require(self, user_id: UUID, directory: SellerDirectory) -> None:
        """Lets an approved seller pass. A missing or refusing copy is checked with its owner once.

        Raises SellerRequired; Unavailable when the owner cannot be asked.
        """
        with self._units() as unit:
            copy = unit.sellers.get(user_id)
        if copy is not None and copy.approved:
            return
        asked = directory.ask(user_id)
        if asked is not None:
            with self._units() as unit:
                self.heard([asked], unit)
        if asked is None or not asked.approved:
            raise SellerRequired("become a seller first")
