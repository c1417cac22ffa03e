"""A shop, the people who work in it, and how it ships."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from catalog.domain import text
from catalog.domain.errors import OwnerStays, RoleRequired
from chassis.errors import Invalid, Missing, StaleVersion

MOST_STAFF = 50


class Role(StrEnum):
    """What a person is in a shop."""

    OWNER = "owner"
    MANAGER = "manager"
    STAFF = "staff"


class Right(StrEnum):
    """What a person may do in a shop."""

    SEE = "see"
    EDIT_PRODUCTS = "edit_products"
    SET_STOCK = "set_stock"
    DELETE_PRODUCTS = "delete_products"
    EDIT_SHOP = "edit_shop"
    IMPORT = "import"
    EDIT_STAFF = "edit_staff"


_EVERYBODY = frozenset({Right.SEE, Right.EDIT_PRODUCTS, Right.SET_STOCK})
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.MANAGER: _EVERYBODY | {Right.DELETE_PRODUCTS, Right.EDIT_SHOP, Right.IMPORT},
    Role.STAFF: _EVERYBODY,
}


def require(role: Role | None, right: Right) -> None:
    """Lets pass who may. A stranger learns nothing (Missing), a colleague hears why (RoleRequired)."""
    if role is None:
        raise Missing
    if right not in RIGHTS[role]:
        raise RoleRequired(f"a {role} may not do this", role=role.value)


class ShippingMethod(StrEnum):
    """How goods travel."""

    HOME_DELIVERY = "home_delivery"
    POST = "post"
    STORE_711 = "store_711"
    STORE_FAMILY = "store_family"
    STORE_HILIFE = "store_hilife"
    STORE_OK = "store_ok"
    FACE_TO_FACE = "face_to_face"


@dataclass(frozen=True)
class Shipping:
    """One method a shop offers: its fee, and from which items total it is free (None: never)."""

    method: ShippingMethod
    fee: int
    free_from: int | None = None


DEFAULT_SHIPPING = (Shipping(ShippingMethod.HOME_DELIVERY, fee=80, free_from=1500),)


def shipping(options: tuple[Shipping, ...]) -> tuple[Shipping, ...]:
    """At least one method, each once. Raises Invalid."""
    if not options or len({option.method for option in options}) != len(options):
        raise Invalid("shipping must name at least one method, and each once", field="shipping")
    for option in options:
        text.whole(option.fee, "shipping.fee", 0, 10_000)
        if option.free_from is not None:
            text.whole(option.free_from, "shipping.free_from", 0, 10_000_000)
    return options


@dataclass(frozen=True)
class Address:
    """Where the shop is. Its street line is shown to its own people only."""

    city: str
    district: str
    postal_code: str
    line: str

    @classmethod
    def of(cls, raw: dict[str, str]) -> "Address":
        """From its four named parts. Raises Invalid for a missing, unknown or unfit one."""
        if set(raw) != {"city", "district", "postal_code", "line"}:
            raise Invalid("address needs exactly city, district, postal_code and line", field="address")
        code = raw["postal_code"].strip()
        if not (code.isascii() and code.isdigit() and 3 <= len(code) <= 6):
            raise Invalid("postal_code must have 3 to 6 digits", field="address.postal_code")
        return cls(
            city=text.line(raw["city"], "address.city", 20),
            district=text.line(raw["district"], "address.district", 20),
            postal_code=code,
            line=text.line(raw["line"], "address.line", 200),
        )


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
        """Gives a person a role, or another one. Raises OwnerStays, Invalid."""
        if user_id == self.owner_id or role is Role.OWNER:
            raise OwnerStays("a shop has one owner, who stays")
        if user_id not in self.staff and len(self.staff) > MOST_STAFF:
            raise Invalid(f"a shop has at most {MOST_STAFF} staff", field="user_id")
        self._set(staff={**self.staff, user_id: role})

    def dismiss(self, user_id: UUID) -> None:
        """Takes a person's role away. Raises OwnerStays."""
        if user_id == self.owner_id:
            raise OwnerStays("a shop has one owner, who stays")
        self._set(staff={person: role for person, role in self.staff.items() if person != user_id})

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
