"""Orders' copies of what catalog sells and of its shops."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from kernel.rights import Role
from orders.domain.money import ShippingOption, Tier

TAIPEI = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Holiday:
    """Until a day in Taiwan, that one too, or until the shop says otherwise."""

    until: date | None = None

    def on(self, at: datetime) -> bool:
        """Whether it holds at this moment."""
        return self.until is None or at.astimezone(TAIPEI).date() <= self.until


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop. `owner_id` is who sells. An incomplete copy does not know the staff."""

    id: UUID
    version: int
    owner_id: UUID
    name: str
    state: str
    shipping: tuple[ShippingOption, ...]
    holiday: Holiday | None = None
    staff: dict[UUID, Role] = field(default_factory=dict)
    complete: bool = True

    @property
    def open(self) -> bool:
        """Whether it is there at all; on holiday it is, and takes no orders."""
        return self.state == "open"

    def resting(self, at: datetime) -> bool:
        """Whether it is on holiday at this moment."""
        return self.holiday is not None and self.holiday.on(at)

    def option(self, method: str) -> ShippingOption | None:
        """How the shop ships by a method; None when it does not."""
        return next((option for option in self.shipping if option.method == method), None)


@dataclass(frozen=True, slots=True)
class Offer:
    """One variant. `available` is a hint under its own version; None when nothing was heard of it.

    `methods` are those of the shop's that the product travels by; None: all.
    """

    variant_id: UUID
    product_id: UUID
    product_version: int
    shop_id: UUID
    seller_id: UUID
    name: str
    options: tuple[str, ...]
    price: int
    discount: int
    price_version: int
    listed: bool
    tiers: tuple[Tier, ...] = ()
    refund_rule: dict[str, Any] = field(default_factory=dict)
    available: int | None = None
    stock_version: int = 0
    photo_url: str | None = None
    min_quantity: int = 1
    methods: tuple[str, ...] | None = None

    def ships_by(self, method: str) -> bool:
        """Whether the product may travel this way; without a choice of its own, as its shop ships."""
        return self.methods is None or method in self.methods


@dataclass(frozen=True, slots=True)
class ProductCopy:
    """All variants of a product under its version. A variant that is not among them is gone."""

    product_id: UUID
    version: int
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class StockHint:
    """How many of a variant can be bought, under the stock's version."""

    variant_id: UUID
    version: int
    available: int


@dataclass(frozen=True, slots=True)
class CoverPhoto:
    """The first photo of a product's metadata document, under media's version."""

    product_id: UUID
    metadata_id: UUID
    version: int
    url: str | None
