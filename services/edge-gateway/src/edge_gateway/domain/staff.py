"""Who works in a shop, as catalog told, and what that lets them do here."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from chassis.errors import Missing
from edge_gateway.domain.errors import RoleRequired


class Role(StrEnum):
    """What a person is in a shop."""

    OWNER = "owner"
    MANAGER = "manager"
    STAFF = "staff"


class Right(StrEnum):
    """What a person may do with a shop's doors."""

    SEE = "see"
    ENROL = "enrol"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.MANAGER: frozenset(Right),
    Role.STAFF: frozenset({Right.SEE}),
}


@dataclass(frozen=True)
class ShopCopy:
    """A shop's staff as catalog knows it. The greatest version counts."""

    shop_id: UUID
    version: int
    staff: dict[UUID, Role]


def may(role: Role | None, right: Right) -> bool:
    """Whether this role reaches so far."""
    return role is not None and right in RIGHTS[role]


def require(role: Role | None, right: Right) -> None:
    """Lets pass who may. A stranger learns nothing (Missing), a colleague hears why (RoleRequired)."""
    if role is None:
        raise Missing
    if not may(role, right):
        raise RoleRequired(f"a {role} may not do this", role=role.value)
