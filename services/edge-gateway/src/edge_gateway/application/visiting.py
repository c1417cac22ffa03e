"""How many people came."""

from uuid import UUID

from edge_gateway.application.ports import Reader, ShopDirectory
from edge_gateway.application.staffing import Staffing
from edge_gateway.domain.footfall import Count, Stretch
from kernel.rights import Right


class Visiting:
    """The use case of footfall."""

    def __init__(self, reader: Reader, staffing: Staffing) -> None:
        self._reader = reader
        self._staffing = staffing

    def footfall(self, by: UUID, shop_id: UUID, stretch: Stretch, directory: ShopDirectory) -> list[Count]:
        """Buckets with data, for those who work in the shop. Raises Missing, Unavailable."""
        self._staffing.require(by, shop_id, Right.SEE_DOORS, directory)
        return self._reader.footfall(shop_id, stretch)
