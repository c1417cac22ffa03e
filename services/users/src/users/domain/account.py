"""An account, and what its owner sees of it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis.errors import StaleVersion
from kernel import phones
from kernel.locales import Locale
from users.domain import text

OPERATOR = "operator"
_LONGEST_NAME = 60  # characters


@dataclass(eq=False)
class Account:
    """Who somebody is here. `roles` are the platform's, never sellerhood.

    Whoever came by LINE may have neither an address nor a password.
    """

    id: UUID
    email: str | None
    name: str
    password_hash: str | None = field(repr=False)
    created_at: datetime
    changed_at: datetime
    phone: str | None = None
    roles: tuple[str, ...] = ()
    version: int = 1
    email_verified_at: datetime | None = None
    deleted_at: datetime | None = None
    locale: Locale = Locale.ZH_TW

    @classmethod
    def registered(cls, user_id: UUID, email: str, name: str, password_hash: str, at: datetime) -> "Account":
        """A new one. `email` is normalised, `name` checked."""
        return cls(user_id, email, name, password_hash, at, at)

    @classmethod
    def from_line(cls, user_id: UUID, email: str | None, name: str, at: datetime) -> "Account":
        """A new one of a LINE user. LINE has let nobody keep an address whose mailbox they did not prove."""
        verified_at = None if email is None else at
        return cls(user_id, email, name, None, at, at, email_verified_at=verified_at)

    @property
    def enterable_without_line(self) -> bool:
        """Whether there is another way in: an address to log in with, or to have a password made by mail."""
        return self.email is not None

    def expect(self, version: int | None) -> None:
        """Raises StaleVersion when the caller has seen another version."""
        if version is not None and version != self.version:
            raise StaleVersion("the account has changed meanwhile", version=self.version)

    def change(self, name: str | None, phone: str | None, at: datetime, locale: Locale | None = None) -> bool:
        """Another name, phone or language; None keeps it, an empty phone removes it. Whether anything changed.

        Raises Invalid.
        """
        before = (self.name, self.phone, self.locale)
        if name is not None:
            self.name = name_of(name)
        if phone is not None:
            self.phone = phones.normalised(phone) if phone.strip() else None
        self.locale = locale or self.locale
        return self._settle(before != (self.name, self.phone, self.locale), at)

    def appoint(self, role: str, at: datetime) -> bool:
        """Gives a platform role. Whether anything changed."""
        known = role in self.roles
        self.roles = tuple(sorted({*self.roles, role}))
        return self._settle(not known, at)

    def verify(self, at: datetime) -> bool:
        """The address has proved to be the owner's. Whether that is news."""
        known = self.email_verified_at is not None
        if not known:
            self.email_verified_at = at
        return self._settle(not known, at)

    def readdress(self, email: str, at: datetime) -> None:
        """Another address, whose mailbox its owner has just proved to have."""
        self.email, self.email_verified_at = email, at
        self._settle(True, at)

    def set_password(self, password_hash: str, at: datetime) -> None:
        """Another password."""
        self.password_hash = password_hash
        self._settle(True, at)

    def erase(self, at: datetime) -> None:
        """Leaves nothing of the person: only that there was an account of this id."""
        self.email = self.password_hash = self.phone = self.email_verified_at = None
        self.name = ""
        self.roles = ()
        self.deleted_at = at
        self._settle(True, at)

    def _settle(self, changed: bool, at: datetime) -> bool:
        if changed:
            self.version += 1
            self.changed_at = at
        return changed


def name_from_line(text_: str) -> str:
    """A display name of LINE as the name of an account, without what names may not hold."""
    return text.cleaned(text_, _LONGEST_NAME) or "LINE 會員"


def name_of(text_: str) -> str:
    """A person's name as it is shown. Raises Invalid."""
    return text.line(text_, "name", _LONGEST_NAME)


@dataclass(frozen=True)
class Profile:
    """An account with what else its owner sees at a glance."""

    account: Account
    seller_state: str | None = None
    line_bound: bool = False
