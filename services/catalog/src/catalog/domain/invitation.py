"""An invitation to work in a shop, or to take it over: to a user, or to whoever proves an e-mail address."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from catalog.domain.errors import AlreadyStaff, InvitationOver
from catalog.domain.shop import Shop
from chassis.errors import Invalid
from kernel import emails
from kernel.rights import Right, Role, may

LIFE = timedelta(days=7)
MOST_PENDING = 50  # of a shop


class State(StrEnum):
    """Where an invitation stands. One whose time is over is `expired`, which no row says."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


def right_for(role: Role) -> Right:
    """What it takes to invite somebody as this, and to take that back."""
    return Right.TRANSFER_SHOP if role is Role.OWNER else Right.EDIT_STAFF


@dataclass(eq=False)
class Invitation:
    """One of `email` and `user_id` says who is meant. The address is gone once it is settled."""

    id: UUID
    shop_id: UUID
    role: Role
    email: str | None
    user_id: UUID | None
    invited_by: UUID
    created_at: datetime
    expires_at: datetime
    state: State = State.PENDING

    @classmethod
    def to(
        cls,
        invitation_id: UUID,
        shop: Shop,
        role: Role,
        email: str | None,
        user_id: UUID | None,
        by: UUID,
        at: datetime,
    ) -> "Invitation":
        """A new one. Raises Invalid, AlreadyStaff."""
        if (email is None) == (user_id is None):
            raise Invalid("name either an e-mail address or a user", field="email")
        if role is Role.OWNER and (user_id not in shop.staff or user_id == shop.owner_id):
            raise Invalid("a shop is handed over to one of its own people", field="user_id")
        if role is not Role.OWNER and user_id in shop.staff:
            raise AlreadyStaff("they work in this shop already")
        address = emails.normalised(email) if email is not None else None
        return cls(invitation_id, shop.id, role, address, user_id, by, at, at + LIFE)

    def standing(self, at: datetime) -> State:
        """Its state at this moment."""
        over = self.state is State.PENDING and at >= self.expires_at
        return State.EXPIRED if over else self.state

    def renew(self, role: Role, by: UUID, at: datetime) -> None:
        """Asked for once more: with this role, and a whole life again."""
        self.role, self.invited_by, self.expires_at = role, by, at + LIFE

    def meant_for(self, user_id: UUID, verified_email: str | None) -> bool:
        """Whether this is who was invited."""
        return self.user_id == user_id or (self.email is not None and self.email == verified_email)

    def settle(self, state: State, at: datetime, by: UUID | None = None) -> bool:
        """Accepted or declined by whom it was meant for, or revoked. Whether that is news. Raises InvitationOver."""
        if self.state is state:
            return False
        standing = self.standing(at)
        if standing is not State.PENDING and not (standing is State.EXPIRED and state is State.REVOKED):
            raise InvitationOver(f"this invitation is {standing}", state=standing.value)
        self.state = state
        self.email = None
        self.user_id = by or self.user_id
        return True

    def still_backed(self, shop: Shop) -> bool:
        """Whether who invited might still do so."""
        return may(shop.staff.get(self.invited_by), right_for(self.role))
