"""Parts of a shop's page: where it is, how it ships, when it is on holiday, its pictures."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from uuid import UUID

from catalog.domain import text
from chassis.errors import Invalid
from kernel import taiwan

TAIPEI = timezone(timedelta(hours=8))
LONGEST_HOLIDAY = timedelta(days=366)


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
        place = taiwan.place(raw["city"], raw["district"], raw["postal_code"], "address.")
        return cls(place.city, place.district, place.postal_code, text.line(raw["line"], "address.line", 200))


@dataclass(frozen=True)
class Holiday:
    """The shop sells nothing: until a day in Taiwan, that one too, or until it says otherwise."""

    until: date | None = None

    @classmethod
    def of(cls, until: str | None, at: datetime) -> "Holiday":
        """From a day as ISO 8601 writes it, not before today and at most a year away. Raises Invalid."""
        if until is None:
            return cls()
        today = at.astimezone(TAIPEI).date()
        try:
            day = date.fromisoformat(until)
        except ValueError:
            raise Invalid("holiday.until must be a date: YYYY-MM-DD", field="holiday.until") from None
        if not today <= day <= today + LONGEST_HOLIDAY:
            raise Invalid("holiday.until must be today or a day of the next 366", field="holiday.until")
        return cls(day)

    def on(self, at: datetime) -> bool:
        """Whether it holds at this moment."""
        return self.until is None or at.astimezone(TAIPEI).date() <= self.until


class PictureKind(StrEnum):
    """Which picture of a shop."""

    LOGO = "logo"
    COVER = "cover"


@dataclass(frozen=True)
class Picture:
    """A picture that media keeps. `url` is where it is served."""

    photo_id: UUID
    url: str
