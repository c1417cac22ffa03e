"""Who may do what at a shop's doors. The copy decides where it can; catalog is asked once where it would refuse."""

from collections.abc import Sequence
from uuid import UUID

from edge_gateway.application.ports import Reader, ShopDirectory, UnitOfWork, Units
from edge_gateway.domain.staff import ShopCopy
from kernel.rights import Right, may, require


class Staffing:
    """The copies of shops' staff."""

    def __init__(self, units: Units, reader: Reader) -> None:
        self._units = units
        self._reader = reader

    def require(self, by: UUID, shop_id: UUID, right: Right, directory: ShopDirectory) -> None:
        """Lets pass who may. Raises Missing, RoleRequired, Unavailable."""
        if may(self._reader.role(shop_id, by), right):
            return
        told = directory.ask(shop_id)
        if told is not None:
            with self._units() as unit:
                unit.shops.put([told])
        require(told.staff.get(by) if told else None, right)

    def heard(self, copies: Sequence[ShopCopy], unit: UnitOfWork) -> None:
        """Catalog said so. Older news than what is known changes nothing."""
        newest = {copy.shop_id: copy for copy in sorted(copies, key=lambda copy: copy.version)}
        unit.shops.put(list(newest.values()))
