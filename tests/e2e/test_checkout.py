"""Checkout when things come twice, at once, too late or not at all."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from yeshi_local.faults.scenes import publish
from yeshi_local.story.people import Buyer, checkout_body, new_key, variant_of
from yeshi_local.testing import until

HEARD = "SELECT consumer FROM inbox WHERE event_id = %s"
STATE = "SELECT state FROM reserved_orders WHERE order_id = %s"


@pytest.fixture
def product(seller):
    return seller.sell("手沖咖啡", 300, 5)


def orders_of(buyer):
    return buyer.api.get("/v1/orders")["items"]


def test_the_same_checkout_twice_is_one(seller, buyer, product):
    buyer.put(variant_of(product))
    key = new_key()
    first, second = (buyer.checkout(seller.shop_id, key=key) for _ in range(2))
    assert (first["status_code"], second["status_code"]) == (201, 201)
    assert first["checkout_id"] == second["checkout_id"]
    assert [one["order_id"] for one in first["orders"]] == [one["order_id"] for one in second["orders"]]
    assert len(orders_of(buyer)) == 1


def test_twenty_times_at_once_is_one_too_at_both_gateways(platform, seller, buyer, product):
    buyer.put(variant_of(product))
    key, body = new_key(), checkout_body(seller.shop_id)

    def send(number):
        api = buyer.at(platform.gateways[number % 2])
        return api.send("POST", "/v1/checkout", json=body, headers={"Idempotency-Key": key})

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert {answer.status_code for answer in answers} <= {201, 202}
    assert len({answer.json()["checkout_id"] for answer in answers}) == 1
    assert len(orders_of(buyer)) == 1


def test_another_body_under_the_same_key_is_refused(seller, buyer, product):
    buyer.put(variant_of(product))
    key = new_key()
    buyer.checkout(seller.shop_id, key=key)
    refused = buyer.checkout(seller.shop_id, key=key, note="別的")
    assert (refused["status_code"], refused["code"]) == (409, "idempotency_key_reused")


def test_a_checkout_needs_a_key(seller, buyer, product):
    buyer.put(variant_of(product))
    answer = buyer.api.send("POST", "/v1/checkout", json=checkout_body(seller.shop_id))
    assert answer.status_code == 400
    assert orders_of(buyer) == []


def test_the_last_piece_goes_to_one_of_two_buyers(platform, seller):
    last = seller.sell("最後一件", 990, 1)
    buyers = [Buyer(platform.url, name) for name in ("甲", "乙")]
    for one in buyers:
        one.put(variant_of(last))
    with ThreadPoolExecutor(2) as pool:
        placed = list(pool.map(lambda one: one.checkout(seller.shop_id), buyers))
    assert {answer["status_code"] for answer in placed} == {201}
    states = sorted((order["status"], order.get("void_reason")) for answer in placed for order in answer["orders"])
    assert states == [("to_ship", None), ("void", "out_of_stock")]
    stock = seller.stock_of(last["product_id"])[variant_of(last)]
    assert (stock["quantity"], stock["reserved"]) == (1, 1)


def test_two_lines_of_one_cart_are_reserved_both_or_none(platform, seller):
    pair = [seller.sell("成對的碗", 100, 1), seller.sell("成對的筷子", 50, 1)]
    buyers = [Buyer(platform.url, name) for name in ("甲", "乙")]
    for one, order in zip(buyers, (pair, pair[::-1]), strict=True):
        for product in order:
            one.put(variant_of(product))
    with ThreadPoolExecutor(2) as pool:
        placed = list(pool.map(lambda one: one.checkout(seller.shop_id), buyers))
    assert sorted(answer["orders"][0]["status"] for answer in placed) == ["to_ship", "void"]
    for product in pair:
        assert seller.stock_of(product["product_id"])[variant_of(product)]["reserved"] == 1


def test_a_price_changed_between_cart_and_checkout_is_shown_first(seller, buyer, product):
    buyer.put(variant_of(product))
    seller.api.patch(f"/v1/products/{product['product_id']}", {"price": 350})
    until(lambda: buyer.api.get("/v1/cart")["shops"][0]["items"][0]["problem"] == "price_changed")
    refused = buyer.checkout(seller.shop_id)
    assert (refused["status_code"], refused["code"]) == (409, "price_changed")
    changed = {"variant_id": variant_of(product), "price": 350, "changed": True}
    assert refused["fields"] == {"total": 350 + 80, "lines": [changed]}
    assert orders_of(buyer) == []
    accepted = buyer.checkout(seller.shop_id, expected_total=350 + 80)
    assert accepted["status_code"] == 201
    assert accepted["orders"][0]["total_price"] == 430


def test_an_order_settles_when_catalog_comes_back(platform, seller, buyer, product):
    buyer.put(variant_of(product), 2)
    key = new_key()
    platform.stop("catalog")
    try:
        placed = buyer.checkout(seller.shop_id, key=key, settled=False)
        assert placed["status_code"] == 202
        assert placed["orders"][0]["status"] == "pending"
    finally:
        platform.start("catalog")
    order_id = placed["orders"][0]["order_id"]
    settled = buyer.checkout(seller.shop_id, key=key)
    assert settled["status_code"] == 201
    assert [(one["order_id"], one["status"]) for one in settled["orders"]] == [(order_id, "to_ship")]
    assert seller.stock_of(product["product_id"])[variant_of(product)]["reserved"] == 2
    platform.settle()
    assert [one["type"] for one in seller.notifications() if order_id in one["link"]] == ["order.new"]


def test_a_void_that_overtakes_its_order_reserves_nothing(platform, seller, buyer, product):
    dead = platform.queues()["dead"]
    buyer.put(variant_of(product), 2)
    platform.stop("relay")
    try:
        order_id = buyer.checkout(seller.shop_id, settled=False)["orders"][0]["order_id"]
        assert buyer.api.post(f"/v1/orders/{order_id}/cancel")["status"] == "void"
        placed, _ = event_of(platform, "orders.order_placed.v1", order_id)
        voided, body = event_of(platform, "orders.order_voided.v1", order_id)
        publish(platform, [("orders.order_voided.v1", body)])
        until(lambda: platform.rows("catalog", HEARD, voided))
        assert platform.rows("catalog", STATE, order_id) == [("void",)]
        assert not platform.rows("catalog", HEARD, placed)
    finally:
        platform.start("relay")
    platform.settle()
    assert platform.rows("catalog", HEARD, placed)
    assert platform.rows("catalog", STATE, order_id) == [("rejected",)]
    _, answer = event_of(platform, "catalog.stock_rejected.v1", order_id)
    assert json.loads(answer)["data"]["reason"] == "order_void"
    assert buyer.order(order_id)["void_reason"] == "cancelled_by_buyer"
    stock = seller.stock_of(product["product_id"])[variant_of(product)]
    assert (stock["quantity"], stock["reserved"]) == (5, 0)
    assert platform.queues()["dead"] == dead


def event_of(platform, topic, order_id):
    """An event of this order as it stands in its service's outbox: its id, and what the relay would send."""
    query = (
        "SELECT id::text, body FROM outbox WHERE topic = %s AND convert_from(body, 'UTF8')::jsonb ->> 'subject' = %s"
    )
    [(event_id, body)] = platform.rows(topic.partition(".")[0], query, topic, order_id)
    return event_id, bytes(body)


def test_a_stream_resumed_after_a_gateway_restart_misses_and_repeats_nothing(platform, seller, product):
    seller.set_stock(variant_of(product), 50)
    api = seller.at(platform.gateways[1])
    with api.bell() as before:
        start = int(before.opened().id)
        _buy(platform, seller, product)
        last = before.wait(lambda heard: heard.event == "notification")
    platform.stop("gateway-2")
    _buy(platform, seller, product)
    _buy(platform, seller, product)
    platform.start("gateway-2")
    with api.bell(after=int(last.id)) as after:
        after.wait(lambda heard: heard.event == "notification")
        _buy(platform, seller, product)
        until(lambda: len(after.items()) >= 3)
        platform.settle()
        seqs = [item["seq"] for item in (*before.items(), *after.items())]
    assert seqs == sorted(set(seqs))
    assert len(seqs) == 4
    assert seqs[0] > start


def _buy(platform, seller, product):
    buyer = Buyer(platform.url, "買家")
    buyer.put(variant_of(product))
    assert buyer.checkout(seller.shop_id)["status_code"] == 201
