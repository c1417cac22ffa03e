"""Cards of the real process on the real bus: what is asked, what events change, and what a dead bus means."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from chassis.errors import Missing, Unavailable
from chassis.ids import uuid7
from contracts.catalog import ProductChangedV1, ShopChangedV1, StockChangedV1
from contracts.media import MetadataChangedV1, Photo
from yeshi_local.testing import until


class Market:
    """Catalog and media behind the gateway: one shop with products, and their events."""

    def __init__(self, behind):
        self.behind = behind
        self.shop_id, self.shop_version = str(uuid7()), 1
        self.products, self.documents = {}, {}
        self.media_away = False
        self.catalog_calls = self.media_calls = 0
        behind.on("catalog.get_product_many", self._get_products)
        behind.on("media.get_metadata", self._get_metadata)

    def sell(self, name="凍頂烏龍茶"):
        product_id, variant_id, metadata_id = str(uuid7()), str(uuid7()), str(uuid7())
        self.products[product_id] = {
            "product_id": product_id,
            "shop_id": self.shop_id,
            "version": 1,
            "name": name,
            "metadata_id": metadata_id,
            "variants": [
                {
                    "product_variant_id": variant_id,
                    "price": 680,
                    "final_price": 600,
                    "available": 10,
                    "stock_version": 1,
                    "metadata_id": None,
                }
            ],
            "stock_version": 1,
        }
        self.documents[metadata_id] = {
            "metadata_id": metadata_id,
            "product_id": product_id,
            "version": 1,
            "document": {"origin": "鹿谷"},
            "photos": [],
        }
        return product_id

    def rename(self, product_id, name):
        product = self.products[product_id]
        product["version"] += 1
        product["name"] = name
        self._tell_product(product, "listed")

    def withdraw(self, product_id):
        product = self.products.pop(product_id)
        product["version"] += 1
        self._tell_product(product, "unlisted")

    def set_stock(self, product_id, available):
        [variant] = self.products[product_id]["variants"]
        variant["available"] = available
        variant["stock_version"] += 1
        self.behind.publish(
            StockChangedV1(
                variant_id=variant["product_variant_id"],
                product_id=product_id,
                version=variant["stock_version"],
                available=available,
            )
        )

    def add_photo(self, product_id, url):
        document = self.documents[self.products[product_id]["metadata_id"]]
        document["version"] += 1
        document["photos"] = [{"photo_id": "p-1", "url": url, "width": 4, "height": 3, "urls": {}}]
        photos = [Photo(**one) for one in document["photos"]]
        self.behind.publish(MetadataChangedV1(**{**document, "photos": photos}))

    def set_shop(self, state):
        self.shop_version += 1
        self.behind.publish(
            ShopChangedV1(
                shop_id=self.shop_id,
                version=self.shop_version,
                owner_id="u-1",
                name="茶行",
                kind="茶",
                state=state,
                staff=[],
                shipping=[],
            )
        )

    def _tell_product(self, product, state):
        self.behind.publish(
            ProductChangedV1(
                product_id=product["product_id"],
                version=product["version"],
                shop_id=self.shop_id,
                seller_id="u-1",
                name=product["name"],
                desc="",
                category="c",
                state=state,
                condition="new",
                attributes={},
                price=680,
                discount=80,
                metadata_id=product["metadata_id"],
                variants=[],
                refund_rules={},
                tiers=[],
                days_to_ship=2,
            )
        )

    def _get_products(self, _principal, items):
        self.catalog_calls += 1
        time.sleep(0.02)
        found = [self.products.get(item["payload"]["product_id"]) for item in items]
        return [{"result": one} if one else {"error": Missing().as_dict()} for one in found]

    def _get_metadata(self, _principal, payload):
        self.media_calls += 1
        if self.media_away:
            raise Unavailable("no mongo")
        return {"items": {one: self.documents[one] for one in payload["ids"] if one in self.documents}}


@pytest.fixture
def market(behind):
    return Market(behind)


def card(http, product_id):
    answer = http.get(f"/v1/products/{product_id}")
    assert answer.status_code == 200, answer.text
    return answer


def test_a_card_is_fetched_once_and_then_never_crosses_the_bus(http, market):
    product_id = market.sell()
    first = card(http, product_id)
    assert first.json()["metadata"] == {"origin": "鹿谷"}
    assert first.headers["etag"] == '"c1.m1.s1"'
    assert "warning" not in first.headers
    assert [card(http, product_id).content for _ in range(5)] == [first.content] * 5
    unchanged = http.get(f"/v1/products/{product_id}", headers={"if-none-match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    head = http.head(f"/v1/products/{product_id}")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(first.content)))
    assert (market.catalog_calls, market.media_calls) == (1, 1)


def test_many_at_once_travel_in_few_calls(gateway, market):
    ids = [market.sell() for _ in range(60)]
    limits = httpx.Limits(max_connections=60)
    with httpx.Client(base_url=gateway.url, timeout=10, limits=limits) as client, ThreadPoolExecutor(60) as crowd:
        answers = list(crowd.map(lambda one: client.get(f"/v1/products/{one}"), ids * 2))
    assert {answer.status_code for answer in answers} == {200}
    assert market.catalog_calls <= 30
    assert market.media_calls <= 30


def test_events_change_what_is_shown_without_a_call(http, market):
    product_id = market.sell()
    card(http, product_id)
    market.set_stock(product_id, 3)
    until(lambda: card(http, product_id).json()["variants"][0]["available"] == 3)
    market.add_photo(product_id, "/media/a.webp")
    until(lambda: [photo["url"] for photo in card(http, product_id).json()["photos"]] == ["/media/a.webp"])
    assert card(http, product_id).headers["etag"] == '"c1.m2.s2"'
    assert (market.catalog_calls, market.media_calls) == (1, 1)


def test_a_changed_product_is_shown_within_a_blink(http, market):
    product_id = market.sell()
    card(http, product_id)
    market.rename(product_id, "高山茶")
    until(lambda: card(http, product_id).json()["name"] == "高山茶", patience=2)
    assert market.catalog_calls == 2


def test_a_withdrawn_product_is_missing_for_strangers(http, market):
    product_id = market.sell()
    card(http, product_id)
    market.withdraw(product_id)
    answer = until(lambda: (found := http.get(f"/v1/products/{product_id}")).status_code == 404 and found)
    assert answer.json()["code"] == "not_found"
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_closed_shop_shows_nothing_until_it_opens(http, market):
    product_id = market.sell()
    card(http, product_id)
    hidden, market.products = market.products, {}
    market.set_shop("closed")
    until(lambda: http.get(f"/v1/products/{product_id}").status_code == 404)
    market.products = hidden
    market.set_shop("open")
    until(lambda: http.get(f"/v1/products/{product_id}").status_code == 200)


def test_without_media_a_product_is_shown_without_photos(http, market):
    product_id = market.sell()
    market.media_away = True
    assert card(http, product_id).json()["degraded"] is True
    market.media_away = False
    until(lambda: "degraded" not in card(http, product_id).json())


def test_a_dead_bus_marks_answers_stale_and_a_new_one_clears_them(world, market, rabbit_proxy):
    host, _, vhost = world.amqp_url.rpartition("/")
    program = world.start(AMQP_URL=f"{host.rpartition(':')[0]}:{rabbit_proxy.port}/{vhost}")
    known, unknown = market.sell(), market.sell()
    with httpx.Client(base_url=program.url, timeout=10) as http:
        assert "warning" not in card(http, known).headers
        rabbit_proxy.freeze()
        frozen = time.monotonic()
        until(lambda: card(http, known).headers.get("warning", "").startswith("110"), patience=5)
        assert time.monotonic() - frozen < 2
        assert http.get(f"/v1/products/{unknown}").status_code == 503
        market.rename(known, "高山茶")
        rabbit_proxy.refuse()
        rabbit_proxy.freeze(False)
        rabbit_proxy.cut()
        until(lambda: http.get(f"/v1/products/{known}").status_code == 503)
        rabbit_proxy.refuse(False)
        until(lambda: http.get(f"/v1/products/{known}").status_code == 200)
        fresh = until(lambda: "warning" not in (found := card(http, known)).headers and found)
        assert fresh.json()["name"] == "高山茶"
    program.stop()
