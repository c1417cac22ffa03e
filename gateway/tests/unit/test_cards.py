"""Cards: what stands on them, and how events and fetches keep them true."""

import asyncio
from collections.abc import Sequence
from copy import deepcopy

import msgspec
import pytest

from chassis.errors import Unavailable
from gateway.application.cards import CardCache, Document

PRODUCT = "01900000-0000-7000-8000-000000000001"
OTHER = "01900000-0000-7000-8000-000000000002"
VARIANT, SHOP, META, VARIANT_META = "v-1", "s-1", "m-1", "m-2"


def a_view(product_id: str = PRODUCT, version: int = 3, **more) -> dict:
    variant = {
        "product_variant_id": VARIANT,
        "desc": "50 克",
        "price": 680,
        "discount": 80,
        "final_price": 600,
        "options": ["50 克"],
        "metadata_id": VARIANT_META,
        "available": 10,
        "stock_version": 4,
    }
    view = {
        "product_id": product_id,
        "shop_id": SHOP,
        "version": version,
        "name": "凍頂烏龍茶",
        "metadata_id": META,
        "variants": [variant],
        "stock_version": 4,
        **more,
    }
    return deepcopy(view)


def a_document(version: int = 2, metadata_id: str = META, product_id: str = PRODUCT, **content) -> Document:
    photo = {"photo_id": f"p{version}", "url": "/media/a.jpg", "width": 4, "height": 3, "urls": {}}
    return Document(metadata_id, product_id, version, content or {"origin": "鹿谷"}, [photo])


class FakeSource:
    """Catalog and media in memory. While `gate` is cleared, answers wait on their way back."""

    def __init__(self) -> None:
        self.products: dict[str, dict] = {PRODUCT: a_view()}
        self.found: dict[str, Document] = {META: a_document()}
        self.away = self.media_away = False
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def product(self, product_id: str) -> dict | None:
        self.asked.append(product_id)
        if self.away:
            raise Unavailable("catalog is not there")
        seen = deepcopy(self.products.get(product_id))
        await self.gate.wait()
        return seen

    async def documents(self, metadata_ids: Sequence[str]) -> dict[str, Document] | None:
        if self.media_away:
            return None
        return {one: self.found[one] for one in metadata_ids if one in self.found}


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


@pytest.fixture
def cards(source, clock) -> CardCache:
    made = CardCache(source, msgspec.json, now=lambda: clock[0])
    made.pulse = lambda: True
    made.bound()
    return made


def shown(card) -> dict:
    return msgspec.json.decode(card.body)


async def overtaken(source: FakeSource, cards: CardCache, during) -> object:
    """A get whose answers were read before `during` happened and come back after it."""
    source.gate.clear()
    reading = asyncio.create_task(cards.get(PRODUCT))
    await asyncio.sleep(0.001)
    during()
    source.gate.set()
    return await reading


def test_a_card_has_catalogs_part_medias_part_and_the_stock_hint(cards):
    card = asyncio.run(cards.get(PRODUCT))
    body = shown(card)
    assert body["name"] == "凍頂烏龍茶"
    assert body["metadata"] == {"origin": "鹿谷"}
    assert [photo["photo_id"] for photo in body["photos"]] == ["p2"]
    assert body["variants"][0]["metadata"] == {}
    assert body["variants"][0]["available"] == 10
    assert (card.etag, card.shop_id) == ('"c3.m2.s4"', SHOP)


def test_what_only_the_shop_may_know_is_never_on_a_card(cards, source):
    source.products[PRODUCT]["variants"][0].update(quantity=12, reserved=2, cost=300)
    source.products[PRODUCT].update(cost=300, seller_id="u-1")
    body = asyncio.run(cards.get(PRODUCT)).body
    assert not any(name in body for name in (b'"quantity"', b'"reserved"', b'"cost"', b'"seller_id"'))


def test_a_hit_asks_nobody_and_gives_the_same_bytes(cards, source):
    first = asyncio.run(cards.get(PRODUCT))
    assert asyncio.run(cards.get(PRODUCT)) is first
    assert cards.peek(PRODUCT) is first
    assert source.asked == [PRODUCT]


def test_who_asks_at_once_shares_one_fetch(cards, source):
    async def crowd() -> list:
        return await asyncio.gather(*(cards.get(PRODUCT) for _ in range(50)))

    assert len({id(card) for card in asyncio.run(crowd())}) == 1
    assert source.asked == [PRODUCT]


def test_one_who_goes_away_does_not_end_the_fetch_of_the_others(cards, source):
    async def story() -> object:
        source.gate.clear()
        first, second = asyncio.create_task(cards.get(PRODUCT)), asyncio.create_task(cards.get(PRODUCT))
        await asyncio.sleep(0.001)
        first.cancel()
        source.gate.set()
        return await second

    assert asyncio.run(story()) is not None


def test_many_are_answered_by_position_and_what_is_missing_is_none(cards):
    found = asyncio.run(cards.get_many([OTHER, PRODUCT, "no id"]))
    assert [card is None for card in found] == [True, False, True]


def test_every_spelling_of_an_id_is_the_same_product(cards, source):
    card = asyncio.run(cards.get(PRODUCT.upper()))
    assert asyncio.run(cards.get(PRODUCT.replace("-", ""))) is card
    assert len(cards) == 1


def test_what_is_missing_is_asked_for_again(cards, source):
    assert asyncio.run(cards.get(OTHER)) is None
    source.products[OTHER] = a_view(OTHER)
    assert asyncio.run(cards.get(OTHER)) is not None


def test_a_new_stock_changes_the_card_in_place(cards, source):
    asyncio.run(cards.get(PRODUCT))
    cards.stock_changed(PRODUCT, VARIANT, 5, 9)
    card = cards.peek(PRODUCT)
    assert (shown(card)["variants"][0]["available"], card.etag) == (9, '"c3.m2.s5"')
    assert len(source.asked) == 1


def test_a_new_document_changes_the_card_in_place(cards, source):
    asyncio.run(cards.get(PRODUCT))
    cards.metadata_changed(a_document(3, origin="梨山"))
    cards.metadata_changed(a_document(1, VARIANT_META, grade="A"))
    body = shown(cards.peek(PRODUCT))
    assert (body["metadata"], body["photos"][0]["photo_id"]) == ({"origin": "梨山"}, "p3")
    assert body["variants"][0]["metadata"] == {"grade": "A"}
    assert cards.peek(PRODUCT).etag == '"c3.m4.s4"'
    assert len(source.asked) == 1


def test_a_card_changed_by_events_equals_one_that_is_fetched(cards, source):
    asyncio.run(cards.get(PRODUCT))
    cards.metadata_changed(a_document(7, origin="梨山"))
    cards.stock_changed(PRODUCT, VARIANT, 9, 0)
    by_events = cards.peek(PRODUCT)
    source.found[META] = a_document(7, origin="梨山")
    source.products[PRODUCT]["variants"][0].update(available=0, stock_version=9)
    source.products[PRODUCT]["stock_version"] = 9
    cards.bound()
    fetched = asyncio.run(cards.get(PRODUCT))
    assert (fetched.body, fetched.etag) == (by_events.body, by_events.etag)


@pytest.mark.parametrize(
    "old_news",
    [
        lambda cards: cards.stock_changed(PRODUCT, VARIANT, 4, 1),
        lambda cards: cards.stock_changed(PRODUCT, VARIANT, 3, 1),
        lambda cards: cards.stock_changed(PRODUCT, "unknown", 9, 1),
        lambda cards: cards.metadata_changed(a_document(2, origin="old")),
        lambda cards: cards.metadata_changed(a_document(1, origin="older")),
        lambda cards: cards.metadata_changed(a_document(9, "m-unknown", origin="of nothing here")),
        lambda cards: cards.product_changed(PRODUCT, 3),
        lambda cards: cards.product_changed(OTHER, 99),
    ],
)
def test_what_is_old_or_about_something_else_changes_nothing(cards, old_news):
    card = asyncio.run(cards.get(PRODUCT))
    old_news(cards)
    assert cards.peek(PRODUCT) is card


def test_a_changed_product_leaves_and_comes_back_new(cards, source):
    asyncio.run(cards.get(PRODUCT))
    source.products[PRODUCT] = a_view(version=4, name="高山茶")
    cards.product_changed(PRODUCT, 4)
    assert cards.peek(PRODUCT) is None
    assert shown(asyncio.run(cards.get(PRODUCT)))["name"] == "高山茶"


def test_an_answer_older_than_an_event_heard_meanwhile_is_fetched_again(cards, source):
    def changed() -> None:
        source.products[PRODUCT] = a_view(version=4, name="高山茶")
        cards.product_changed(PRODUCT, 4)

    assert shown(asyncio.run(overtaken(source, cards, changed)))["name"] == "高山茶"
    assert len(source.asked) == 2


def test_stock_and_documents_heard_meanwhile_are_put_on_the_fetched_card(cards, source):
    def changed() -> None:
        cards.stock_changed(PRODUCT, VARIANT, 6, 2)
        cards.metadata_changed(a_document(5, origin="梨山"))

    card = asyncio.run(overtaken(source, cards, changed))
    assert card.etag == '"c3.m5.s6"'
    assert shown(card)["variants"][0]["available"] == 2
    assert cards.peek(PRODUCT) is card
    assert len(source.asked) == 1


def test_a_product_listed_while_it_was_being_missed_is_found(cards, source):
    view = source.products.pop(PRODUCT)

    def listed() -> None:
        source.products[PRODUCT] = view
        cards.product_changed(PRODUCT, 3)

    assert asyncio.run(overtaken(source, cards, listed)) is not None


def test_an_answer_that_stays_older_is_never_shown(cards, source):
    asyncio.run(cards.get(PRODUCT))
    cards.product_changed(PRODUCT, 5)  # and yet catalog keeps answering version 3
    with pytest.raises(Unavailable):
        asyncio.run(cards.get(PRODUCT))
    assert cards.peek(PRODUCT) is None


def test_a_version_left_behind_is_forgotten_after_a_minute(cards, source, clock):
    asyncio.run(cards.get(PRODUCT))
    cards.product_changed(PRODUCT, 5)
    clock[0] += 61
    assert asyncio.run(cards.get(PRODUCT)).etag == '"c3.m2.s4"'


def test_a_lost_queue_clears_the_cache_and_nothing_is_held_until_it_is_back(cards, source):
    asyncio.run(cards.get(PRODUCT))
    cards.lost()
    assert not cards.alive
    assert asyncio.run(cards.get(PRODUCT)) is not None
    assert cards.peek(PRODUCT) is None
    cards.bound()
    asyncio.run(cards.get(PRODUCT))
    assert cards.alive
    assert cards.peek(PRODUCT) is not None


@pytest.mark.parametrize("moves", [["lost"], ["lost", "bound"], ["bound"]])
def test_a_fetch_that_began_under_another_queue_is_answered_but_not_held(cards, source, moves):
    def moved() -> None:
        for move in moves:
            getattr(cards, move)()

    assert asyncio.run(overtaken(source, cards, moved)) is not None
    assert cards.peek(PRODUCT) is None


def test_the_cards_of_a_closed_shop_go_and_come_back_when_it_opens(cards, source):
    asyncio.run(cards.get(PRODUCT))
    view = source.products.pop(PRODUCT)  # catalog shows it to nobody now
    cards.shop_changed(SHOP, 8, False)
    assert asyncio.run(cards.get(PRODUCT)) is None
    source.products[PRODUCT] = view
    cards.shop_changed(SHOP, 9, True)
    assert asyncio.run(cards.get(PRODUCT)) is not None
    cards.shop_changed(SHOP, 8, False)  # late
    assert cards.peek(PRODUCT) is not None


def test_a_card_fetched_before_its_shop_closed_is_not_held(cards, source):
    def closed() -> None:
        del source.products[PRODUCT]
        cards.shop_changed(SHOP, 8, False)

    assert asyncio.run(overtaken(source, cards, closed)) is None
    assert len(cards) == 0


def test_catalogs_word_after_a_closing_says_that_the_shop_is_open_again(cards, source):
    asyncio.run(cards.get(PRODUCT))
    cards.shop_changed(SHOP, 8, False)  # its reopening was not heard yet
    card = asyncio.run(cards.get(PRODUCT))
    assert cards.peek(PRODUCT) is card is not None


def test_without_media_a_product_is_shown_degraded_and_not_held(cards, source):
    source.media_away = True
    card = asyncio.run(cards.get(PRODUCT))
    body = shown(card)
    assert (body["degraded"], body["metadata"], body["photos"]) == (True, {}, [])
    assert card.etag == '"c3.mx.s4"'
    source.media_away = False
    assert "degraded" not in shown(asyncio.run(cards.get(PRODUCT)))


def test_without_catalog_a_miss_is_refused_and_the_next_try_may_succeed(cards, source):
    source.away = True
    with pytest.raises(Unavailable):
        asyncio.run(cards.get(PRODUCT))
    source.away = False
    assert asyncio.run(cards.get(PRODUCT)) is not None


def test_the_least_recently_read_go_first_when_room_is_short(source):
    ids = [f"01900000-0000-7000-8000-0000000000{number:02d}" for number in range(20)]
    source.products = {one: a_view(one, desc="x" * 1000) for one in ids}
    cards = CardCache(source, msgspec.json, limit=30_000)
    cards.bound()
    for one in ids:
        asyncio.run(cards.get(one))
        cards.peek(ids[0])
    assert cards.weight <= 30_000
    assert 5 < len(cards) < 20
    assert cards.peek(ids[0]) is not None
    assert cards.peek(ids[1]) is None
    cards.shop_changed(SHOP, 1, False)
    assert (len(cards), cards.weight) == (0, 0)


def test_a_card_larger_than_any_should_be_is_answered_but_not_held(cards, source):
    source.products[PRODUCT] = a_view(desc="x" * 2_000_000)
    assert asyncio.run(cards.get(PRODUCT)) is not None
    assert len(cards) == 0


def test_closing_ends_fetches_under_way(cards, source):
    async def story() -> None:
        source.gate.clear()
        reading = asyncio.create_task(cards.get(PRODUCT))
        await asyncio.sleep(0.001)
        await cards.close()
        with pytest.raises(asyncio.CancelledError):
            await reading

    asyncio.run(story())
