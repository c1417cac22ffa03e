"""Products and documents as those see them whom the card cache does not serve: owners, and lists."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from chassis.errors import Forbidden, Missing, Refusal, Unauthenticated
from gateway.application.cards import Document

Principal = dict[str, Any] | None
View = dict[str, Any]

TREE_LIFE = 300.0  # seconds that the category tree is kept when no event says that it changed
# Seconds after a refusal, in which the tree may be older than it looks: not at once, since whoever wants it waits.
ASKED_AGAIN = 5.0


class Documents(Protocol):
    """Where documents come from."""

    async def documents(self, metadata_ids: Sequence[str]) -> Mapping[str, Document] | None:
        """By id; None while media is away."""


class Services(Protocol):
    """The services behind the door."""

    async def ask(self, service: str, method: str, principal: Principal, payload: Any = None) -> Any:
        """An answer. Raises its Refusal."""


class Showcase:
    """Puts catalog's and media's parts together: one question to each, however many products there are."""

    def __init__(self, services: Services, documents: Documents, now: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._documents = documents
        self._now = now
        self._tree: tuple[float, View] | None = None
        self._tree_heard = 0  # version
        self._growing = asyncio.Lock()

    async def product(self, principal: Principal, product_id: str) -> View:
        """A product as this caller may see it. Raises Missing, Unavailable."""
        found = await self._services.ask("catalog", "get_product", principal, {"product_id": product_id})
        return (await self._dressed([found]))[0]

    async def page(self, principal: Principal, method: str, payload: View) -> View:
        """A page of products that catalog lists by this method."""
        found = await self._services.ask("catalog", method, principal, payload)
        return {**found, "items": await self._dressed(found["items"])}

    async def document(self, principal: Principal, metadata_id: str) -> View:
        """A document whose product the caller may see. Raises Missing, Unavailable."""
        answer = await self._services.ask("media", "get_metadata", None, {"ids": [metadata_id]})
        found: View | None = answer["items"].get(metadata_id)
        if found is None:
            raise Missing("there is no such document")
        try:
            await self._services.ask("catalog", "get_product", principal, {"product_id": found["product_id"]})
        except (Forbidden, Unauthenticated):
            raise Missing("there is no such document") from None
        return found

    async def categories(self) -> View:
        """The category tree. Raises Unavailable while nobody has told it yet."""
        async with self._growing:
            if self._tree is None or self._outgrown(*self._tree):
                try:
                    self._tree = self._now(), await self._services.ask("catalog", "get_categories", None, {})
                except Refusal:
                    if self._tree is None:
                        raise
                    self._tree = self._now() - TREE_LIFE + ASKED_AGAIN, self._tree[1]
            return self._tree[1]

    def categories_changed(self, version: int) -> None:
        """The tree has this version now: one that is older is asked for again, until it is as new as that."""
        self._tree_heard = max(self._tree_heard, version)

    def forget_categories(self) -> None:
        """An event may have been missed."""
        self._tree = None if self._tree is None else (float("-inf"), self._tree[1])

    def _outgrown(self, since: float, tree: View) -> bool:
        return self._now() - since > TREE_LIFE or tree.get("version", 0) < self._tree_heard

    async def _dressed(self, products: list[View]) -> list[View]:
        ids = [one for product in products for one in _documents_of(product)]
        found = await self._documents.documents(ids) if ids else {}
        return [_with(product, found) for product in products]


def _documents_of(product: View) -> list[str]:
    own = [product["metadata_id"]] if product.get("metadata_id") else []
    return own + [one["metadata_id"] for one in product.get("variants", []) if one.get("metadata_id")]


def _with(product: View, documents: Mapping[str, Document] | None) -> View:
    """The product with its documents; marked `degraded` while media is away."""
    known = documents or {}
    own = known.get(product.get("metadata_id") or "")
    dressed = {
        **product,
        "metadata": own.content if own else {},
        "photos": own.photos if own else [],
        "variants": [_variant(one, known) for one in product.get("variants", [])],
    }
    return dressed if documents is not None else {**dressed, "degraded": True}


def _variant(one: View, known: Mapping[str, Document]) -> View:
    own = known.get(one.get("metadata_id") or "")
    return {
        **one,
        "metadata": own.content if own else {},
        "photo": own.photos[0] if own and own.photos else None,
    }
