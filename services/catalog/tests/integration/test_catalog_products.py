"""Products over the bus: made with their variants, changed, listed, read and found."""

import asyncio
import contextlib
from itertools import chain

import psycopg2
import pytest

from chassis.aio import Coalescer
from chassis.errors import Kind, Refusal
from chassis.ids import uuid7
from contracts.naming import event_queue
from yeshi_local.testing import until

COLOURS = {"name": "顏色", "values": ["紅", "藍"]}
SIZES = {"name": "尺寸", "values": ["大", "小"]}


def test_a_product_comes_with_a_default_variant_and_made_twice_is_one(market):
    shop = market.shop()
    product = market.product(shop, discount=80)
    assert (product["state"], product["final_price"], product["version"]) == ("draft", 600, 1)
    [variant] = product["variants"]
    assert (variant["options"], variant["final_price"], variant["quantity"], variant["available"]) == ([], 600, 0, 0)
    again = market.product(shop, product_id=product["product_id"], name="別的", price=1)
    assert again == product
    with pytest.raises(Refusal) as refused:
        market.product(product_id=product["product_id"])  # in somebody else's shop
    assert refused.value.kind is Kind.MISSING
    assert len(market.emitted("catalog.product_changed.v1", product["product_id"])) == 1


def test_options_make_a_variant_for_each_combination(market):
    product = market.product(options=[COLOURS, SIZES])
    looks = [one["options"] for one in product["variants"]]
    assert looks == [["紅", "大"], ["紅", "小"], ["藍", "大"], ["藍", "小"]]
    assert product["options"] == [COLOURS, SIZES]


def test_metadata_goes_out_as_it_is(market):
    document = {"產地": "南投", "__type__": {"__type__": "datetime", "__value__": "x"}, "n": [1, 2.5, None, True]}
    document["deep"] = {"__type__": "base64", "__value__": "AAAA"}
    product = market.product(metadata=document, variants=[{"metadata": {"__type__": "uuid", "__value__": "z"}}])
    [sent] = market.emitted("catalog.metadata_submitted.v1", product["metadata_id"])
    assert (sent["document"], sent["version"]) == (document, 1)
    [of_variant] = market.emitted("catalog.metadata_submitted.v1", product["variants"][0]["metadata_id"])
    assert of_variant["document"] == {"__type__": "uuid", "__value__": "z"}
    market.call("patch_product", product["seller_id"], product_id=product["product_id"], metadata={"a": 1})
    [_, second] = market.emitted("catalog.metadata_submitted.v1", product["metadata_id"])
    assert (second["document"], second["version"]) == ({"a": 1}, 2)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": ""}, "invalid"),
        ({"price": -1}, "invalid"),
        ({"price": 10**12}, "invalid"),
        ({"discount": 681}, "invalid"),
        ({"category": "cat-tea"}, "unknown_category"),
        ({"category": "cat-none"}, "unknown_category"),
        ({"attributes": {"unheard": "of"}}, "invalid_attribute"),
        ({"options": [COLOURS] * 2}, "invalid"),
        ({"options": [COLOURS], "variants": [{"options": ["綠"]}]}, "invalid"),
        ({"variants": [{"desc": "同"}, {"desc": "同"}]}, "variant_exists"),
        ({"tiers": [{"from_quantity": 1, "percent_off": 10}]}, "invalid"),
        ({"refund_rules": {"a": "x" * 5000}}, "invalid"),
        ({"metadata": {"a": "x" * 256 * 1024}}, "document_too_large"),
        ({"metadata": {"a": {"b": "\u0000"}}}, "invalid"),
        ({"variants": [{"product_variant_id": "7"}]}, "invalid"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_made(market, values, code):
    product_id = str(uuid7())
    with pytest.raises(Refusal) as refused:
        market.product(product_id=product_id, **values)
    assert refused.value.code == code
    assert market.rows("SELECT 1 FROM products WHERE product_id = %s", product_id) == []


def test_a_variant_id_that_is_taken_makes_no_product(market):
    taken = market.product()["variants"][0]["product_variant_id"]
    product_id, mine = str(uuid7()), str(uuid7())
    for ids in ([taken], [mine, mine]):
        variants = [{"product_variant_id": one, "desc": str(at)} for at, one in enumerate(ids)]
        with pytest.raises(Refusal):
            market.product(product_id=product_id, variants=variants)
    assert market.rows("SELECT 1 FROM products WHERE product_id = %s", product_id) == []


def test_a_change_needs_the_version_seen_and_a_new_price_is_a_new_price_version(market):
    product = market.product(options=[COLOURS])
    change = {"product_id": product["product_id"], "expected_version": 1}
    changed = market.call("patch_product", product["seller_id"], **change, price=700, discount=50)
    assert (changed["version"], changed["price_min"]) == (2, 650)
    assert [one["price_version"] for one in changed["variants"]] == [2, 2]
    with pytest.raises(Refusal) as refused:
        market.call("patch_product", product["seller_id"], **change, price=800)
    assert (refused.value.code, refused.value.fields) == ("stale_version", {"version": 2})
    [_, sent] = market.emitted("catalog.product_changed.v1", product["product_id"])
    assert (sent["version"], sent["price"], sent["variants"][0]["final_price"]) == (2, 700, 650)


def test_of_two_changes_to_one_version_one_wins(market):
    product = market.product()

    async def both() -> list[object]:
        principal = {"user_id": product["seller_id"], "session_id": "s", "roles": []}
        change = {"product_id": product["product_id"], "expected_version": 1}
        calls = [
            market.client.bus.rpc("catalog", "patch_product", principal, {**change, "price": 700 + n}) for n in range(8)
        ]
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = market.client.run(both())
    refusals = [one for one in answers if isinstance(one, Refusal)]
    assert {one.code for one in refusals} == {"stale_version"}
    assert len(refusals) == 7


def test_a_crowd_that_waits_for_one_product_is_served_when_it_is_free(market):
    product = market.product()
    principal = {"user_id": product["seller_id"], "session_id": "s", "roles": []}
    lock = "SELECT 1 FROM products WHERE product_id = %s FOR UPDATE"

    async def crowd() -> list[object]:
        with contextlib.closing(psycopg2.connect(market.dsn)) as holder, holder.cursor() as cursor:
            cursor.execute(lock, (product["product_id"],))
            calls = [
                asyncio.create_task(
                    market.client.bus.rpc(
                        "catalog", "patch_product", principal, {"product_id": product["product_id"], "price": price}
                    )
                )
                for price in range(1, 13)  # more than the service has connections
            ]
            await asyncio.sleep(1.5)  # whoever comes first looks at the categories again, with everybody else waiting
        return await asyncio.gather(*calls, return_exceptions=True)

    assert [one for one in market.client.run(crowd()) if isinstance(one, Exception)] == []


def test_listing_names_every_missing_attribute_at_once(market):
    product = market.product(category="cat-building-blocks", price=0, attributes={})
    where = {"product_id": product["product_id"]}
    with pytest.raises(Refusal) as refused:
        market.call("list_product", product["seller_id"], **where)
    assert refused.value.code == "not_listable"
    assert refused.value.fields["problems"] == {
        "missing_attributes": ["age_from"],
        "without_price": [product["variants"][0]["product_variant_id"]],
    }
    attributes = {"age_from": _value_of(market, "cat-building-blocks", "age_from")}
    market.call("patch_product", product["seller_id"], **where, attributes=attributes, price=100)
    listed = market.call("list_product", product["seller_id"], **where)
    assert listed["state"] == "listed"
    assert market.call("list_product", product["seller_id"], **where)["version"] == listed["version"]
    with pytest.raises(Refusal) as refused:
        market.call("patch_product", product["seller_id"], **where, attributes={})
    assert refused.value.code == "not_listable"
    assert market.call("unlist_product", product["seller_id"], **where)["state"] == "unlisted"


def _value_of(market, category, attribute):
    """Some value an attribute takes."""
    [(kind, choices)] = market.rows(
        "SELECT type, choices FROM category_attributes WHERE category_id = %s AND attribute_id = %s",
        category,
        attribute,
    )
    return {"integer": 3, "text": "三", "choice": next(iter(choices), None)}[kind]


def test_variants_are_added_once_changed_and_removed(market):
    product = market.product(options=[COLOURS])
    by, where = product["seller_id"], {"product_id": product["product_id"]}
    new = {"product_variant_id": str(uuid7()), "options": ["綠"], "price": 900}
    added = market.call("add_variant", by, **where, **new)
    assert [one["options"] for one in added["variants"]] == [["紅"], ["藍"], ["綠"]]
    assert market.call("add_variant", by, **where, **new)["version"] == added["version"]
    one = new["product_variant_id"]
    changed = market.call("patch_variant", by, variant_id=one, sku="G-1", discount=100)
    assert (changed["variants"][2]["sku"], changed["variants"][2]["final_price"]) == ("G-1", 800)
    with pytest.raises(Refusal) as refused:
        market.call("patch_variant", by, variant_id=one, options=["紅"])
    assert refused.value.code == "variant_exists"
    market.call("delete_variant", by, variant_id=one)
    market.call("delete_variant", by, variant_id=one)
    with pytest.raises(Refusal) as refused:
        market.call("put_stock", by, variant_id=one, quantity=1)
    assert refused.value.kind is Kind.MISSING
    assert market.call("get_offers", None, ids=[one])["items"][one]["listed"] is False


def test_stock_is_what_the_shop_says_and_a_deleted_products_cannot_be_set(market):
    product = market.product()
    by, variant = product["seller_id"], product["variants"][0]["product_variant_id"]
    assert market.call("put_stock", by, variant_id=variant, quantity=7) == {
        "quantity": 7,
        "reserved": 0,
        "available": 7,
    }
    assert [one["available"] for one in market.emitted("catalog.stock_changed.v1", variant)] == [0, 7]
    for who, kind in ((market.seller(), Kind.MISSING), (None, Kind.UNAUTHENTICATED)):
        with pytest.raises(Refusal) as refused:
            market.call("put_stock", who, variant_id=variant, quantity=1)
        assert refused.value.kind is kind
    market.call("delete_product", by, product_id=product["product_id"])
    market.call("delete_product", by, product_id=product["product_id"])
    with pytest.raises(Refusal) as refused:
        market.call("put_stock", by, variant_id=variant, quantity=9)
    assert refused.value.kind is Kind.MISSING
    with pytest.raises(Refusal) as refused:
        market.call("get_product", by, product_id=product["product_id"])
    assert refused.value.kind is Kind.MISSING


def test_coalesced_reads_answer_everybody_their_own(market):
    shown, draft = market.product(stock=3), market.product()
    owner = {"user_id": draft["seller_id"], "session_id": "s", "roles": []}
    asked = [
        (None, shown["product_id"]),
        (None, draft["product_id"]),
        (owner, draft["product_id"]),
        (owner, shown["product_id"]),
        (None, "not an id"),
        (None, str(uuid7())),
    ]

    async def ask() -> list[object]:
        many = Coalescer(market.client.bus, "catalog", "get_product_many")
        calls = [many.call(principal, {"product_id": one}) for principal, one in asked * 10]
        return await asyncio.gather(*calls, return_exceptions=True)

    answers = market.client.run(ask())
    for again in range(6, 60, 6):
        assert [repr(one) for one in answers[again : again + 6]] == [repr(one) for one in answers[:6]]
    public, hidden, mine, stranger, *nothing = answers[:6]
    assert public["variants"][0]["available"] == 3
    assert "quantity" not in public["variants"][0]
    assert mine["variants"][0]["quantity"] == 0
    assert stranger == public
    assert [one.kind for one in (hidden, *nothing)] == [Kind.MISSING] * 3


def test_two_chinese_characters_find_a_product(market):
    mark = "凌霄"  # in no other test
    shop = market.shop()
    names = [f"高山{mark}烏龍", f"{mark}花茶 Ｔｅａ", f"凌雲霄漢 {mark[::-1]}", "普洱茶磚"]
    found = [market.product(shop, name=name, stock=1)["product_id"] for name in names]
    market.product(shop, name=f"{mark}草稿")

    def search(**asked) -> list[str]:
        return [one["product_id"] for one in market.call("search_products", None, **asked)["items"]]

    assert search(q=mark) == [found[1], found[0]]
    assert search(q=f"{mark} tea") == [found[1]]
    assert search(q=f"高山{mark}") == [found[0]]
    assert search(q="霄", shop_id=shop["shop_id"]) == [found[2], found[1], found[0]]
    assert search(q=mark, category="cat-handmade") == [found[1], found[0]]
    assert search(q=mark, category="cat-food") == search(q=mark, category="cat-none") == []
    assert search(q="凌_") == search(q="%") == search(q="' OR 1=1 --") == []
    market.call("patch_shop", shop["owner_id"], shop_id=shop["shop_id"], state="closed")
    assert search(q=mark) == []


def test_pages_follow_their_cursor_and_end(market):
    shop = market.shop()
    made = [market.product(shop, stock=1)["product_id"] for _ in range(5)]
    draft = market.product(shop)["product_id"]

    def pages(method: str, by: str | None, **asked) -> list[list[str]]:
        """Product ids, page by page."""
        cursor, found = None, []
        while True:
            page = market.call(method, by, **asked, cursor=cursor, limit=2)
            found.append([one["product_id"] for one in page["items"]])
            if (cursor := page["next_cursor"]) is None:
                return found

    newest = made[::-1]
    where = {"shop_id": shop["shop_id"]}
    assert pages("list_shop_products", None, **where) == [newest[:2], newest[2:4], newest[4:]]
    assert list(chain(*pages("list_shop_products", shop["owner_id"], **where))) == [draft, *newest]
    assert pages("list_shop_products", shop["owner_id"], **where, state="draft") == [[draft]]
    assert pages("list_shop_products", None, **where, state="draft") == [[]]
    assert list(chain(*pages("search_products", None, **where))) == newest
    for wrong in ({"limit": 0}, {"limit": 101}, {"cursor": "x"}):
        with pytest.raises(Refusal) as refused:
            market.call("list_shop_products", None, **where, **wrong)
        assert refused.value.code == "invalid"


def test_the_tree_of_categories_has_a_leaf_that_asks_for_nothing(market):
    def leaves(nodes):
        for node in nodes:
            yield from leaves(node["children"]) if node["children"] else [node]

    found = list(leaves(market.call("get_categories", None)["items"]))
    assert len(found) > 100
    assert any(not one["attributes"] for one in found)
    assert any(attribute["required"] for one in found for attribute in one["attributes"])


def test_the_relay_carries_a_new_product_to_those_who_listen(market):
    relay = market.start("relay")
    product = market.product(stock=4)

    def heard() -> set[str]:
        seen.update((one.type, one.subject) for one in market.client.take(event_queue("orders")))
        variant = product["variants"][0]["product_variant_id"]
        return seen >= {
            ("catalog.shop_changed.v1", product["shop_id"]),
            ("catalog.product_changed.v1", product["product_id"]),
            ("catalog.stock_changed.v1", variant),
        }

    seen: set[tuple[str, str]] = set()
    until(heard)
    until(lambda: market.rows("SELECT count(*) FROM outbox WHERE published_at IS NULL") == [(0,)])
    relay.stop()


def test_a_shop_has_each_parent_sku_once(market):
    shop = market.shop()
    first = market.product(shop, parent_sku="T-1")
    second = market.product(shop)
    assert (first["parent_sku"], second["parent_sku"]) == ("T-1", None)
    assert market.product(shop, product_id=first["product_id"], parent_sku="T-1") == first
    ids = {"product_id": second["product_id"], "parent_sku": "T-1"}
    tries = [
        lambda: market.product(shop, parent_sku="T-1"),
        lambda: market.call("patch_product", shop["owner_id"], **ids),
    ]
    for tried in tries:
        with pytest.raises(Refusal) as refused:
            tried()
        assert (refused.value.code, refused.value.kind) == ("parent_sku_taken", Kind.CONFLICT)
    market.call("delete_product", shop["owner_id"], product_id=first["product_id"])
    assert market.call("patch_product", shop["owner_id"], **ids)["parent_sku"] == "T-1"
    assert market.call("patch_product", shop["owner_id"], **{**ids, "parent_sku": None})["parent_sku"] is None
