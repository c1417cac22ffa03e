"""Users, as catalog asks it."""

from dataclasses import dataclass, field
from uuid import UUID

from catalog.application.ports import SellerCopy
from chassis.errors import Unavailable


@dataclass
class Directory:
    """Users, asked directly."""

    sellers: dict = field(default_factory=dict)
    asked: int = 0

    def ask(self, user_id: UUID) -> SellerCopy | None:
        self.asked += 1
        return self.sellers.get(user_id)


@dataclass
class People:
    """Users, asked about addresses."""

    emails: dict = field(default_factory=dict)
    letters: list = field(default_factory=list)
    away: bool = False

    def verified_email(self, user_id: UUID) -> str | None:
        if self.away:
            raise Unavailable("users is not there")
        return self.emails.get(user_id)

    def invite(self, invitation_id: UUID, email: str) -> None:
        if self.away:
            raise Unavailable("users is not there")
        self.letters.append((invitation_id, email))
