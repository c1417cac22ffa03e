"""The bounded read-through cache of cards. A hit is bytes that were ready; events keep them true."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import UUID

from chassis.errors import Unavailable
from gateway.application.cards.card import Card, Held, compose, documents_of, with_document, with_stock
from gateway.application.cards.marks import Mark, Marks
from gateway.application.cards.ports import CardSource, Document, Json, View
from gateway.application.cards.shops import Shops

LIMIT = 64 * 1024 * 1024  # bytes
LARGEST = 1024 * 1024  # bytes; a larger card is answered, not held
TRIES = 3  # reads of one product whose changes overtake them
MOST_FETCHES = 2_000


class _Outdated(Exception):
    """What was fetched is older than what has been heard since."""


class CardCache:
    """Cards of listed products in open shops, by product id.

    Everything runs in one event loop. Every event has a number; a fetch knows how many were heard when it began. A
    fetched part is held only if nothing newer was seen and the event queue was bound before the fetch began and ever
    since. So an older version never replaces a newer one, in whatever order events and answers come.
    `pulse` tells whether events still arrive; until it is set the cache counts as dead.
    """

    def __init__(
        self,
        source: CardSource,
        json: Json,
        *,
        limit: int = LIMIT,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pulse: Callable[[], bool] = lambda: False
        self.hits = 0
        self.misses = 0
        self.weight = 0
        self._source = source
        self._json = json
        self._limit = limit
        self._now = now
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._of_shop: dict[str, set[str]] = {}
        self._marks = Marks()
        self._shops = Shops()
        self._fetches: dict[str, asyncio.Task[Card | None]] = {}
        self._heard = 0
        self._bound = False
        self._epoch = 0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def alive(self) -> bool:
        """Whether what is held is current: events arrive, none was missed."""
        return self._bound and self.pulse()

    def peek(self, product_id: str) -> Card | None:
        """The card if it is held."""
        held = self._held.get(product_id)
        if held is None or self._shops.closed(held.card.shop_id):
            return None
        self._held.move_to_end(product_id)
        self.hits += 1
        return held.card

    async def get(self, product_id: str) -> Card | None:
        """The card; None when there is no such public product. Raises Unavailable when its owner cannot be asked."""
        return self.peek(product_id) or await self._fetched(product_id)

    async def get_many(self, ids: Sequence[str]) -> list[Card | None]:
        """Cards by position, those not held fetched together."""
        return list(await asyncio.gather(*(self.get(one) for one in ids)))

    async def close(self) -> None:
        """Ends fetches under way."""
        for fetch in list(self._fetches.values()):
            fetch.cancel()
            with suppress(asyncio.CancelledError, Unavailable):
                await fetch

    # What events say.

    def bound(self) -> None:
        """From now on no event is missed. What was held before may have missed some."""
        self._bound = True
        self._forget_all()

    def lost(self) -> None:
        """Events are missed from now on."""
        self._bound = False
        self._forget_all()

    def product_changed(self, product_id: str, version: int) -> None:
        """Catalog's part has this version now: an older card goes, and the next reader brings the new one."""
        self._heard += 1
        held = self._held.get(product_id)
        if held is not None and version > held.catalog:
            self._remove(held)
        mark = self._mark(product_id)
        if mark is not None and version > mark.catalog:
            mark.catalog, mark.heard = version, self._heard

    def stock_changed(self, product_id: str, variant_id: str, version: int, available: int) -> None:
        """A variant's stock: changed in place."""
        self._heard += 1
        held = self._held.get(product_id)
        if held is not None and version > held.stock.get(variant_id, version):
            self._replaced(held, lambda: with_stock(held, variant_id, version, available, self._json))
        mark = self._mark(product_id)
        if mark is not None:
            mark.saw_stock(variant_id, version, available)

    def metadata_changed(self, document: Document) -> None:
        """A document with its photos: changed in place."""
        self._heard += 1
        held = self._held.get(document.product_id)
        if held is not None and document.version > held.documents.get(document.metadata_id, document.version):
            self._replaced(held, lambda: with_document(held, document, self._json))
        mark = self._mark(document.product_id)
        if mark is not None:
            mark.saw_document(document.metadata_id, document.version, document)

    def shop_changed(self, shop_id: str, version: int, is_open: bool) -> None:
        """A shop's state: the cards of a closed one go."""
        self._heard += 1
        if self._shops.heard(shop_id, version, is_open, self._heard, self._now()) and not is_open:
            for product_id in list(self._of_shop.get(shop_id, ())):
                self._remove(self._held[product_id])

    # Fetching.

    async def _fetched(self, product_id: str) -> Card | None:
        """One fetch for all who ask meanwhile. Somebody who goes away does not end it."""
        fetch = self._fetches.get(product_id)
        if fetch is None:
            key = _canonical(product_id)
            if key != product_id:
                return await self.get(key) if key else None
            if len(self._fetches) >= MOST_FETCHES:
                raise Unavailable("too many products are being read")
            self.misses += 1
            fetch = asyncio.create_task(self._fetch(key))
            self._fetches[key] = fetch
            fetch.add_done_callback(lambda done: self._over(key, done))
        return await asyncio.shield(fetch)

    def _over(self, product_id: str, fetch: asyncio.Task[Card | None]) -> None:
        self._fetches.pop(product_id, None)
        if not fetch.cancelled():
            fetch.exception()  # looked at, in case everybody who waited for it is gone

    async def _fetch(self, product_id: str) -> Card | None:
        for _ in range(TRIES):
            with suppress(_Outdated):
                return await self._try(product_id)
        raise Unavailable("the product changes faster than it can be read")

    async def _try(self, product_id: str) -> Card | None:
        began, epoch, bound = self._heard, self._epoch, self._bound
        product = await self._source.product(product_id)
        if product is None:
            mark = self._marks.get(product_id, self._now())
            if mark is not None and mark.heard > began:
                raise _Outdated
            return None
        documents = await self._source.documents(documents_of(product))
        if self._shops.closed_after(product["shop_id"], began):
            raise _Outdated
        self._shops.proven_open(product["shop_id"])
        mark = self._marks.get(product_id, self._now())
        if mark is not None:
            product, documents = _lifted(product, documents, mark)
        held = compose(product, documents, self._json)
        if held.complete and bound and epoch == self._epoch:
            self._hold(held)
        return held.card

    # Holding.

    def _hold(self, held: Held) -> None:
        if held.weight > LARGEST or held.product_id in self._held:
            return
        self._held[held.product_id] = held
        self._of_shop.setdefault(held.card.shop_id, set()).add(held.product_id)
        self.weight += held.weight
        self._marks.forget(held.product_id)
        self._make_room()

    def _replaced(self, held: Held, change: Callable[[], None]) -> None:
        self.weight -= held.weight
        change()
        self.weight += held.weight
        self._make_room()

    def _make_room(self) -> None:
        while self.weight > self._limit:
            self._take_out(next(iter(self._held.values())))

    def _take_out(self, held: Held) -> None:
        del self._held[held.product_id]
        self.weight -= held.weight
        shop = self._of_shop[held.card.shop_id]
        shop.discard(held.product_id)
        if not shop:
            del self._of_shop[held.card.shop_id]

    def _remove(self, held: Held) -> None:
        """Takes a card out because it is no longer true, and leaves its versions behind."""
        self._take_out(held)
        mark = self._touch(held.product_id)
        mark.catalog = max(mark.catalog, held.catalog)
        for variant_id, version in held.stock.items():
            mark.saw_stock(variant_id, version, None)
        for metadata_id, version in held.documents.items():
            mark.saw_document(metadata_id, version, None)

    def _mark(self, product_id: str) -> Mark | None:
        """Where to leave a version; None for keys that nobody reads now: whoever fetches them later sees it anyway."""
        if product_id in self._fetches or self._marks.get(product_id, self._now()) is not None:
            return self._touch(product_id)
        return None

    def _touch(self, product_id: str) -> Mark:
        dropped = self._marks.dropped
        mark = self._marks.touch(product_id, self._now())
        if self._marks.dropped != dropped:
            self._epoch += 1  # a version may be forgotten that a fetch under way must not fall behind
        return mark

    def _forget_all(self) -> None:
        self._epoch += 1
        self._held.clear()
        self._of_shop.clear()
        self.weight = 0


def _lifted(
    product: View, documents: dict[str, Document] | None, mark: Mark
) -> tuple[View, dict[str, Document] | None]:
    """What was fetched, with the newer parts that events brought meanwhile. Raises _Outdated when one is missing."""
    if product["version"] < mark.catalog:
        raise _Outdated
    for one in product["variants"]:
        version, available = mark.stock.get(one["product_variant_id"], (-1, None))
        if version > one["stock_version"]:
            if available is None:
                raise _Outdated
            one["stock_version"], one["available"] = version, available
    if documents is None:
        return product, None
    for metadata_id in documents_of(product):
        version, document = mark.documents.get(metadata_id, (-1, None))
        fetched = documents.get(metadata_id)
        if version > (fetched.version if fetched else 0):
            if document is None:
                raise _Outdated
            documents[metadata_id] = document
    return product, documents


def _canonical(product_id: str) -> str | None:
    """The one spelling of an id, under which events speak of it."""
    try:
        return str(UUID(product_id))
    except ValueError:
        return None
