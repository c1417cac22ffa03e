"""Who works in a shop, as catalog told. What that lets them do is the kernel's table."""

from dataclasses import dataclass
from uuid import UUID

from kernel.rights import Role


@dataclass(frozen=True)
class ShopCopy:
    """A shop's staff as catalog knows it. The greatest version counts."""

    shop_id: UUID
    version: int
    staff: dict[UUID, Role]
