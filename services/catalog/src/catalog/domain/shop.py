"""A shop, the people who work in it, and how it ships."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from catalog.domain import text
from catalog.domain.errors import OwnerStays
from catalog.domain.shop_page import DEFAULT_SHIPPING, Address, Holiday, Picture, PictureKind, Shipping, shipping
from chassis.errors import Invalid, Missing, StaleVersion
from kernel.rights import Role

MOST_STAFF = 50
LONGEST_INTRODUCTION = 2000  # characters


@dataclass(eq=False)
class Shop:
    """A shop with its staff. `closed` is the owner's choice, `suspended` the platform's."""

    id: UUID
    owner_id: UUID
    name: str
    kind: str
    address: Address
    created_at: datetime
    changed_at: datetime
    shipping: tuple[Shipping, ...] = DEFAULT_SHIPPING
    introduction: str = ""
    days_to_ship: int = 2
    holiday: Holiday | None = None
    pictures: dict[PictureKind, Picture] = field(default_factory=dict)
    staff: dict[UUID, Role] = field(default_factory=dict)
    closed: bool = False
    suspended: bool = False
    version: int = 1
    touched: bool = field(default=False, repr=False)

    @classmethod
    def opened(
        cls, shop_id: UUID, owner_id: UUID, name: str, kind: str, address: dict[str, str], at: datetime
    ) -> "Shop":
        """A new shop, run by its owner alone. Raises Invalid."""
        return cls(
            id=shop_id,
            owner_id=owner_id,
            name=text.line(name, "name", 60),
            kind=text.line(kind, "kind", 30),
            address=Address.of(address),
            created_at=at,
            changed_at=at,
            staff={owner_id: Role.OWNER},
        )

    @property
    def state(self) -> Literal["open", "closed", "suspended"]:
        """`open`, `closed` or `suspended`."""
        if self.suspended:
            return "suspended"
        return "closed" if self.closed else "open"

    def expect(self, version: int | None) -> None:
        """Raises StaleVersion when the caller has seen another version."""
        if version is not None and version != self.version:
            raise StaleVersion("the shop has changed meanwhile", version=self.version)

    def rename(self, name: str | None, kind: str | None) -> None:
        """Another name or kind; None keeps it."""
        if name is not None:
            self._set(name=text.line(name, "name", 60))
        if kind is not None:
            self._set(kind=text.line(kind, "kind", 30))

    def move(self, address: dict[str, str]) -> None:
        """Another address."""
        self._set(address=Address.of(address))

    def introduce(self, introduction: str) -> None:
        """Another introduction, possibly none."""
        self._set(introduction=text.paragraph(introduction, "introduction", LONGEST_INTRODUCTION))

    def send_within(self, days: int) -> None:
        """In how many days new products leave unless they say so themselves."""
        self._set(days_to_ship=text.whole(days, "days_to_ship", 1, 30))

    def rest(self, holiday: Holiday | None) -> None:
        """Goes on holiday, or comes back."""
        self._set(holiday=holiday)

    def show(self, kind: PictureKind, picture: Picture | None) -> None:
        """Another logo or cover, or none."""
        others = {one: shown for one, shown in self.pictures.items() if one is not kind}
        self._set(pictures={**others, kind: picture} if picture else others)

    def open_or_close(self, state: str) -> None:
        """The owner's choice; a suspension stays."""
        self._set(closed=state == "closed")

    def suspend(self, suspended: bool) -> None:
        """The platform's choice, from the owner's sellerhood."""
        self._set(suspended=suspended)

    def ship_by(self, options: tuple[Shipping, ...]) -> None:
        """Replaces the list of methods."""
        self._set(shipping=shipping(options))

    def employ(self, user_id: UUID, role: Role) -> None:
        """Somebody new. Raises OwnerStays, Invalid."""
        if user_id == self.owner_id or role is Role.OWNER:
            raise OwnerStays("a shop has one owner, who stays")
        if user_id not in self.staff and len(self.staff) > MOST_STAFF:
            raise Invalid(f"a shop has at most {MOST_STAFF} staff", field="user_id")
        self._set(staff={**self.staff, user_id: role})

    def promote(self, user_id: UUID, role: Role) -> None:
        """Another role for one of the people. Raises OwnerStays, Missing."""
        if user_id not in self.staff:
            raise Missing
        self.employ(user_id, role)

    def dismiss(self, user_id: UUID) -> None:
        """Takes a person's role away. Raises OwnerStays."""
        if user_id == self.owner_id:
            raise OwnerStays("a shop has one owner, who stays")
        self._set(staff={person: role for person, role in self.staff.items() if person != user_id})

    def hand_over(self, user_id: UUID) -> None:
        """One of the people, an approved seller, becomes the owner, and the owner until now a manager. A suspension was
        the old owner's, and ends. Raises Missing.
        """
        if user_id not in self.staff:
            raise Missing
        self._set(staff={**self.staff, self.owner_id: Role.MANAGER, user_id: Role.OWNER}, owner_id=user_id)
        self.suspend(False)

    def settle(self, at: datetime) -> bool:
        """Whether anything changed; if so, one version more."""
        if not self.touched:
            return False
        self.touched = False
        self.version += 1
        self.changed_at = at
        return True

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
                self.touched = True
