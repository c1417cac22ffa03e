"""Where one shop's part of a checkout goes: a home, a convenience store, or a hand."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.errors import Invalid
from kernel import phones, taiwan
from orders.domain import text

TO_A_HOME = frozenset({"home_delivery", "post"})
TO_A_STORE = frozenset({"store_711", "store_family", "store_hilife", "store_ok"})
FACE_TO_FACE = "face_to_face"
METHODS = TO_A_HOME | TO_A_STORE | {FACE_TO_FACE}

_CONTACT = ("name", "phone")
_PLACE = ("city", "district", "postal_code")
_HOME = (*_CONTACT, *_PLACE, "line")
_STORE = ("store_id", "store_name", *_CONTACT)
_STORE_ID = re.compile(r"[0-9A-Z]{3,10}")  # the chains number their stores with four to six digits today
_LONGEST_STORE_ID = 20  # characters, as written


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
        """Checks that the method gets what it needs and nothing else: a district of Taiwan with its postal code, a
        telephone number as E.164, a store's number. Raises Invalid naming the field.
        """
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
    checked = {part: _part(part, value, f"{field}.{part}") for part, value in raw.items() if part not in _PLACE}
    return {**checked, **_place(raw, field)}


def _place(raw: Mapping[str, str], field: str) -> dict[str, str]:
    """City, district and postal code as the post writes them: all three, or none where none is asked for."""
    given = [part for part in _PLACE if part in raw]
    if not given:
        return {}
    if len(given) < len(_PLACE):
        raise Invalid(f"{field} needs {', '.join(_PLACE)} together", field=field)
    place = taiwan.place(raw["city"], raw["district"], raw["postal_code"], f"{field}.")
    return {"city": place.city, "district": place.district, "postal_code": place.postal_code}


def _part(part: str, value: str, field: str) -> str:
    if part == "phone":
        return phones.normalised(value, field)
    if part == "store_id":
        return _store_id(value, field)
    return text.line(value, field, 200 if part == "line" else 60)


def _store_id(value: str, field: str) -> str:
    code = unicodedata.normalize("NFKC", value[:_LONGEST_STORE_ID]).strip().upper()
    if len(value) > _LONGEST_STORE_ID or not _STORE_ID.fullmatch(code):
        raise Invalid("store_id is the store's number: 3 to 10 digits or letters", field=field)
    return code
