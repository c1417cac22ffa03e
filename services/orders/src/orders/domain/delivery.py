"""Where one shop's part of a checkout goes: a home, a convenience store, or a hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.errors import Invalid
from orders.domain import text

TO_A_HOME = frozenset({"home_delivery", "post"})
TO_A_STORE = frozenset({"store_711", "store_family", "store_hilife", "store_ok"})
FACE_TO_FACE = "face_to_face"
METHODS = TO_A_HOME | TO_A_STORE | {FACE_TO_FACE}

_CONTACT = ("name", "phone")
_HOME = (*_CONTACT, "city", "district", "postal_code", "line")
_STORE = ("store_id", "store_name", *_CONTACT)


@dataclass(frozen=True, slots=True)
class Destination:
    """A checked destination; exactly one of `address` and `store` is there."""

    shop_id: UUID
    method: str
    address: dict[str, str] | None = None
    store: dict[str, str] | None = None

    @classmethod
    def of(
        cls, shop_id: UUID, method: str, address: Mapping[str, str] | None, store: Mapping[str, str] | None
    ) -> "Destination":
        """Checks that the method gets what it needs and nothing else. Raises Invalid naming the field."""
        if method in TO_A_HOME:
            if store is not None or address is None:
                raise Invalid(f"{method} needs an address and no store", field="shipping.address")
            return cls(shop_id, method, address=_checked(address, "shipping.address", _HOME))
        if method in TO_A_STORE:
            if address is not None or store is None:
                raise Invalid(f"{method} needs a store and no address", field="shipping.store")
            return cls(shop_id, method, store=_checked(store, "shipping.store", _STORE))
        if method == FACE_TO_FACE:
            if store is not None or address is None:
                raise Invalid("face_to_face needs a name and a phone in address", field="shipping.address")
            return cls(shop_id, method, address=_checked(address, "shipping.address", _CONTACT, optional=_HOME))
        raise Invalid("unknown shipping method", field="shipping.method")

    def as_dict(self) -> dict[str, Any]:
        """As an order keeps it."""
        part = {"address": self.address} if self.address is not None else {"store": self.store}
        return {"method": self.method, **part}


def _checked(
    raw: Mapping[str, str], field: str, parts: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, str]:
    if not set(parts) <= set(raw) <= {*parts, *optional}:
        raise Invalid(f"{field} needs {', '.join(parts)} and nothing else", field=field)
    return {part: _part(part, value, f"{field}.{part}") for part, value in raw.items()}


def _part(part: str, value: str, field: str) -> str:
    if part == "phone":
        return text.phone(value, field)
    if part == "postal_code":
        code = value.strip()
        if not (code.isascii() and code.isdigit() and 3 <= len(code) <= 6):
            raise Invalid("postal_code must have 3 to 6 digits", field=field)
        return code
    return text.line(value, field, 200 if part == "line" else 60)
