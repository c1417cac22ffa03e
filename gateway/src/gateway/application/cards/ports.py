"""What the cache of cards asks of the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A metadata document as readers see it, under media's own version."""

    metadata_id: str
    product_id: str
    version: int
    content: View
    photos: list[View]


class CardSource(Protocol):
    """The owners of what stands on a card."""

    async def product(self, product_id: str) -> View | None:
        """Catalog's public view of a product; None when it is not public. Raises Unavailable."""

    async def documents(self, metadata_ids: Sequence[str]) -> dict[str, Document] | None:
        """Media's documents by id, absent ones left out; None when media cannot be asked now."""


class Json(Protocol):
    """Values to bytes and back."""

    def encode(self, value: Any, /) -> bytes:
        """The JSON text of a value."""

    def decode(self, text: bytes, /) -> Any:
        """The value of a JSON text."""
