"""Where cards come from: catalog's public view and media's documents, each asked once for all who ask together."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from chassis.aio import Bus, Coalescer
from chassis.errors import Kind, Refusal, Unavailable
from contracts import media
from gateway.application.cards import Document, View

log = logging.getLogger(__name__)

MOST_IDS = 100  # of one call; media takes 200
CATALOG_TIMEOUT = 3.0  # seconds
MEDIA_TIMEOUT = 2.0
MEDIA_REST = 2.0  # seconds in which media is not asked again after it failed


def document_of(found: media.Metadata | media.MetadataChangedV1) -> Document:
    """A contract's document in the cache's words."""
    photos = msgspec.to_builtins(found.photos)
    return Document(found.metadata_id, found.product_id, found.version, found.document, photos)


class BusCardSource:
    """Asks over the bus. Without media a product is still shown, so its silence is no refusal."""

    def __init__(self, bus: Bus, *, media_rest: float = MEDIA_REST) -> None:
        self._products = Coalescer(bus, "catalog", "get_product_many", timeout=CATALOG_TIMEOUT)
        self._documents = _Documents(bus)
        self._media_rest = media_rest
        self._media_away_until = 0.0

    async def product(self, product_id: str) -> View | None:
        """Catalog's view for anybody; None when there is none. Raises Unavailable."""
        try:
            found: View = await self._products.call(None, {"product_id": product_id})
        except Refusal as refusal:
            if refusal.kind is Kind.MISSING:
                return None
            raise
        return found

    async def documents(self, metadata_ids: Sequence[str]) -> dict[str, Document] | None:
        """Documents by id; None while media is away."""
        if time.monotonic() < self._media_away_until:
            return None
        try:
            return await self._documents.get(metadata_ids)
        except Refusal as refusal:
            if not isinstance(refusal, Unavailable):
                log.error("media refuses to show documents: %s %s", refusal.code, refusal.detail)
            self._media_away_until = time.monotonic() + self._media_rest
            return None


class _Documents:
    """Gathers ids of one loop turn into one `get_metadata`."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._wanted: dict[str, asyncio.Future[Document | None]] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def get(self, metadata_ids: Sequence[str]) -> dict[str, Document]:
        answers = await asyncio.gather(*(self._one(one) for one in metadata_ids))
        return {one.metadata_id: one for one in answers if one is not None}

    async def _one(self, metadata_id: str) -> Document | None:
        future = self._wanted.get(metadata_id)
        if future is None:
            if not self._wanted:
                asyncio.get_running_loop().call_soon(self._send)
            future = self._wanted[metadata_id] = asyncio.get_running_loop().create_future()
        return await asyncio.shield(future)

    def _send(self) -> None:
        wanted, self._wanted = list(self._wanted.items()), {}
        for start in range(0, len(wanted), MOST_IDS):
            task = asyncio.create_task(self._ask(dict(wanted[start : start + MOST_IDS])))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _ask(self, wanted: dict[str, asyncio.Future[Document | None]]) -> None:
        try:
            payload = {"ids": list(wanted)}
            answer: Any = await self._bus.rpc("media", "get_metadata", None, payload, timeout=MEDIA_TIMEOUT)
            items = msgspec.convert(answer["items"], dict[str, media.Metadata])
            for metadata_id, future in wanted.items():
                found = items.get(metadata_id)
                future.set_result(document_of(found) if found else None)
        except Refusal as refusal:
            _fail(wanted, refusal)
        except (msgspec.ValidationError, KeyError, TypeError) as error:
            log.error("media's answer could not be read: %s", error)
        finally:
            _fail(wanted, Unavailable("media gave no answer"))


def _fail(wanted: dict[str, asyncio.Future[Document | None]], refusal: Refusal) -> None:
    for future in wanted.values():
        if not future.done():
            future.set_exception(refusal)
            future.exception()  # looked at, in case whoever waited is gone
