"""What operators took off the market, as operators look through it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from catalog.domain.listing import Block
from chassis.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 16  # digits, which lead beyond the year 2200


@dataclass(frozen=True)
class Place:
    """Where a page ended: the latest blocks come first."""

    at: datetime
    product_id: UUID

    def text(self) -> str:
        """As clients carry it."""
        return f"{(self.at - _EPOCH) // _MICROSECOND}.{self.product_id}"


@dataclass(frozen=True)
class BlockedProduct:
    """A blocked product and whose it is."""

    product_id: UUID
    name: str
    shop_id: UUID
    shop_name: str
    seller_id: UUID
    block: Block
    version: int

    @property
    def place(self) -> Place:
        """Where it stands among all of them."""
        return Place(self.block.at, self.product_id)


def place(text: str | None) -> Place | None:
    """What a client sent back; None for the beginning. Raises Invalid."""
    if not text:
        return None
    micros, _, product_id = text.partition(".")
    try:
        if micros.isascii() and micros.isdigit() and len(micros) <= _LONGEST:
            return Place(_EPOCH + int(micros) * _MICROSECOND, UUID(product_id))
    except ValueError:
        pass
    raise Invalid("the cursor is not one of this list", field="cursor")
