"""Cards under every order of commits, events, reads and answers: never older after newer, and true in the end."""

import asyncio
import random
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import Unavailable
from gateway.application.cards import Card, CardCache, Document

PRODUCT, SHOP, META = "01900000-0000-7000-8000-000000000001", "s-1", "m-1"
VARIANTS = ("v-1", "v-2")

Vector = tuple[int, int, int, int]  # catalog, document, stock of each variant


@dataclass
class Owners:
    """Catalog and media as they are now. Each commit leaves an event behind, which reaches the queue if it is bound."""

    version: int = 1
    listed: bool = True
    document: int = 1
    stock: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VARIANTS, 1))
    shop_version: int = 1
    shop_open: bool = True
    bound: bool = True
    events: list[Callable[[CardCache], None]] = field(default_factory=list)

    def view(self) -> dict | None:
        if not (self.listed and self.shop_open):
            return None
        variants = [
            {"product_variant_id": one, "available": 100 - version, "stock_version": version, "metadata_id": None}
            for one, version in self.stock.items()
        ]
        return {
            "product_id": PRODUCT,
            "shop_id": SHOP,
            "version": self.version,
            "name": f"name {self.version}",
            "metadata_id": META,
            "variants": variants,
            "stock_version": sum(self.stock.values()),
        }

    def metadata(self) -> Document:
        return Document(META, PRODUCT, self.document, {"n": self.document}, [])

    @property
    def vector(self) -> Vector:
        return self.version, self.document, self.stock[VARIANTS[0]], self.stock[VARIANTS[1]]

    def change(self, what: str, number: int) -> None:
        if what in ("edit", "list", "unlist"):
            self.version += 1
            self.listed = {"list": True, "unlist": False}.get(what, self.listed)
            version = self.version
            self._emit(lambda cards: cards.product_changed(PRODUCT, version))
        elif what == "sell":
            variant = VARIANTS[number % 2]
            self.stock[variant] += 1
            version = self.stock[variant]
            self._emit(lambda cards: cards.stock_changed(PRODUCT, variant, version, 100 - version))
        elif what == "document":
            self.document += 1
            document = self.metadata()
            self._emit(lambda cards: cards.metadata_changed(document))
        else:
            self.shop_version += 1
            self.shop_open = what == "open"
            version, is_open = self.shop_version, self.shop_open
            self._emit(lambda cards: cards.shop_changed(SHOP, version, is_open))

    def _emit(self, event: Callable[[CardCache], None]) -> None:
        if self.bound:
            self.events.append(event)


class Story:
    """One run: a cache, its owners, and calls that are read and answered when the story says so."""

    def __init__(self) -> None:
        self.owners = Owners()
        self.calls: list[tuple[Callable[[], object], asyncio.Future]] = []  # sent, not yet read
        self.answers: list[tuple[asyncio.Future, object]] = []  # read, not yet arrived
        self.cards = CardCache(self, msgspec.json, now=lambda: 0.0)
        self.cards.pulse = lambda: True
        self.cards.bound()
        self.gets: list[asyncio.Task[None]] = []
        self.newest: Vector = (0, 0, 0, 0)

    async def product(self, _product_id: str) -> dict | None:
        return await self._call(self.owners.view)

    async def documents(self, _metadata_ids: Sequence[str]) -> dict[str, Document]:
        return {META: await self._call(self.owners.metadata)}

    def _call(self, read: Callable[[], object]) -> asyncio.Future:
        future = asyncio.get_running_loop().create_future()
        self.calls.append((read, future))
        return future

    async def get(self) -> None:
        before = self.newest
        try:
            card = await self.cards.get(PRODUCT)
        except Unavailable:
            return
        if card is not None:
            seen = vector_of(card)
            assert all(new >= old for new, old in zip(seen, before, strict=True)), f"{seen} after {before}"
            self.newest = tuple(map(max, seen, self.newest))

    async def act(self, action: str, number: int) -> None:
        owners = self.owners
        if not self.gets or self.gets[-1].done():  # somebody always reads
            self.gets.append(asyncio.create_task(self.get()))
            await asyncio.sleep(0)
        if action == "read" and self.calls:
            read, future = self.calls.pop(number % len(self.calls))
            self.answers.append((future, deepcopy(read())))
        elif action == "answer" and self.answers:
            future, answer = self.answers.pop(number % len(self.answers))
            future.set_result(answer)
        elif action == "hear" and owners.events:
            owners.events.pop(number % len(owners.events))(self.cards)
        elif action == "hear twice" and owners.events:
            owners.events[number % len(owners.events)](self.cards)
        elif action == "lose":
            owners.bound = False
            owners.events.clear()
            self.cards.lost()
        elif action == "bind":
            owners.bound = True
            self.cards.bound()
        elif action in CHANGES:
            owners.change(action, number)
        for _ in range(4):
            await asyncio.sleep(0)
        self.check()

    def check(self) -> None:
        """Nothing is held while events are missed, and what is held is true once every event was heard."""
        held = self.cards.peek(PRODUCT)
        assert held is None or self.owners.bound
        if held is not None and not self.owners.events:
            assert self.owners.view() is not None
            assert vector_of(held) == self.owners.vector

    async def finish(self, chance: random.Random) -> None:
        """Everything still under way arrives, in any order."""
        if not self.owners.bound:
            await self.act("bind", 0)
        while self.calls or self.answers or self.owners.events:
            await self.act(chance.choice(["read", "answer", "hear"]), chance.randrange(100))
        await asyncio.gather(*self.gets)


CHANGES = ("edit", "list", "unlist", "sell", "document", "close", "open")
STEPS = (*("read", "answer") * 4, *("hear",) * 8, *CHANGES, "sell", "document", "hear twice")
SELDOM = ("lose", "bind")


def vector_of(card: Card) -> Vector:
    body = msgspec.json.decode(card.body)
    stock = {one["product_variant_id"]: one["stock_version"] for one in body["variants"]}
    assert body["stock_version"] == sum(stock.values())
    assert [100 - one["available"] for one in body["variants"]] == list(stock.values())
    found = (body["version"], body["metadata"]["n"], stock[VARIANTS[0]], stock[VARIANTS[1]])
    assert card.etag == f'"c{found[0]}.m{found[1]}.s{found[2] + found[3]}"'
    return found


@settings(max_examples=1000, deadline=None)
@given(st.integers(1, 100), st.integers(0, 2**64))
def test_no_order_shows_an_older_card_after_a_newer_one_and_all_end_true(length, seed):
    chance = random.Random(seed)

    async def run() -> None:
        story = Story()
        for _ in range(length):
            step = chance.choice(SELDOM if chance.random() < 0.05 else STEPS)
            await story.act(step, chance.randrange(100))
        await story.finish(chance)

        view = story.owners.view()
        last = asyncio.create_task(story.get())
        while not last.done():
            await story.act("read", 0)
            await story.act("answer", 0)
        await last
        card = story.cards.peek(PRODUCT)
        assert (card is not None) == (view is not None)
        if card is not None:
            assert vector_of(card) == story.owners.vector

    asyncio.run(run())
