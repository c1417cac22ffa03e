"""A user's address book: a few Taiwanese addresses, one of them the default."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from chassis.errors import Missing
from kernel import phones, taiwan
from users.domain import text
from users.domain.errors import TooManyAddresses

MOST = 20


@dataclass(frozen=True)
class Address:
    """Where parcels go, and to whom."""

    id: UUID
    name: str
    phone: str
    city: str
    district: str
    postal_code: str
    line: str
    is_default: bool = False

    def checked(self) -> "Address":
        """The same in normal form. Raises Invalid."""
        place = taiwan.place(self.city, self.district, self.postal_code)
        return replace(
            self,
            name=text.line(self.name, "name", 60),
            phone=phones.normalised(self.phone),
            city=place.city,
            district=place.district,
            postal_code=place.postal_code,
            line=text.line(self.line, "line", 200),
        )


@dataclass(eq=False)
class AddressBook:
    """Addresses, oldest first. While there is any, exactly one is the default."""

    user_id: UUID
    addresses: list[Address] = field(default_factory=list)

    def put(self, address: Address) -> Address:
        """Adds an address or writes over the one with its id; answers it as it stands. The first is the default, and
        the default stays one until another is made it. Raises Invalid, TooManyAddresses.
        """
        address = address.checked()
        old = self._find(address.id)
        if old is None and len(self.addresses) >= MOST:
            raise TooManyAddresses(f"an address book holds at most {MOST} addresses", most=MOST)
        if old is not None and old.is_default:
            address = replace(address, is_default=True)
        if old is None:
            self.addresses.append(address)
        else:
            self.addresses[self.addresses.index(old)] = address
        self._keep_one_default(address.id if address.is_default else None)
        return next(one for one in self.addresses if one.id == address.id)

    def remove(self, address_id: UUID) -> None:
        """Takes one out; if it was the default, the oldest takes its place. Raises Missing."""
        old = self._find(address_id)
        if old is None:
            raise Missing
        self.addresses.remove(old)
        self._keep_one_default(None)

    def _find(self, address_id: UUID) -> Address | None:
        return next((one for one in self.addresses if one.id == address_id), None)

    def _keep_one_default(self, wanted: UUID | None) -> None:
        chosen = wanted or next((one.id for one in self.addresses if one.is_default), None)
        if chosen is None and self.addresses:
            chosen = self.addresses[0].id
        self.addresses = [replace(one, is_default=one.id == chosen) for one in self.addresses]
