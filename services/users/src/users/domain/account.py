"""An account, and what its owner sees of it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis.errors import StaleVersion
from users.domain import phone as phones
from users.domain import text

OPERATOR = "operator"


@dataclass(eq=False)
class Account:
    """Who somebody is here. `roles` are the platform's, never sellerhood."""

    id: UUID
    email: str
    name: str
    password_hash: str = field(repr=False)
    created_at: datetime
    changed_at: datetime
    phone: str | None = None
    roles: tuple[str, ...] = ()
    version: int = 1

    @classmethod
    def registered(cls, user_id: UUID, email: str, name: str, password_hash: str, at: datetime) -> "Account":
        """A new one. `email` is normalised, `name` checked."""
        return cls(user_id, email, name, password_hash, at, at)

    def expect(self, version: int | None) -> None:
        """Raises StaleVersion when the caller has seen another version."""
        if version is not None and version != self.version:
            raise StaleVersion("the account has changed meanwhile", version=self.version)

    def change(self, name: str | None, phone: str | None, at: datetime) -> bool:
        """Another name or phone; None keeps it, an empty phone removes it. Whether anything changed. Raises Invalid."""
        before = (self.name, self.phone)
        if name is not None:
            self.name = name_of(name)
        if phone is not None:
            self.phone = phones.normalised(phone) if phone.strip() else None
        return self._settle(before != (self.name, self.phone), at)

    def appoint(self, role: str, at: datetime) -> bool:
        """Gives a platform role. Whether anything changed."""
        known = role in self.roles
        self.roles = tuple(sorted({*self.roles, role}))
        return self._settle(not known, at)

    def _settle(self, changed: bool, at: datetime) -> bool:
        if changed:
            self.version += 1
            self.changed_at = at
        return changed


def name_of(text_: str) -> str:
    """A person's name as it is shown. Raises Invalid."""
    return text.line(text_, "name", 60)


@dataclass(frozen=True)
class Profile:
    """An account with what else its owner sees at a glance."""

    account: Account
    seller_state: str | None = None
    line_bound: bool = False
