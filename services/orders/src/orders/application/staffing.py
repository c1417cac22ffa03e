"""Who may what with a shop's orders. The copy decides where it can; catalog is asked once where it would refuse."""

from uuid import UUID

from chassis.errors import Unavailable
from kernel.rights import Right, Role, may, require
from orders.application.ports import CatalogDirectory, Reader


class Staffing:
    """The copies of shops' staff."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def require(self, by: UUID, shop_id: UUID, right: Right, catalog: CatalogDirectory) -> None:
        """Lets pass who may. Raises Missing, RoleRequired."""
        require(self.role(by, shop_id, right, catalog), right)

    def may(self, by: UUID, shop_id: UUID, right: Right, catalog: CatalogDirectory) -> bool:
        """Whether the caller may."""
        return may(self.role(by, shop_id, right, catalog), right)

    def role(self, by: UUID, shop_id: UUID, right: Right, catalog: CatalogDirectory) -> Role | None:
        """What the caller is in the shop. A copy that has not this right is checked with catalog, if it is there."""
        role = self._reader.role(by, shop_id)
        if may(role, right):
            return role
        try:
            return catalog.role(by, shop_id)
        except Unavailable:
            return role
