"""Checkout through the real process: the events of the bus decide what is answered."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from chassis.clock import now, rfc3339
from chassis.errors import Refusal
from contracts.orders import OrderConfirmedV1, OrderVoidedV1

BODY = {
    "payment_method": "cod",
    "shipping": [
        {
            "shop_id": "s-1",
            "method": "home_delivery",
            "address": {
                "name": "王小明",
                "phone": "0912345678",
                "city": "臺北市",
                "district": "大安區",
                "postal_code": "106",
                "line": "和平東路一段 1 號",
            },
        }
    ],
}


class Shop:
    """Orders behind the gateway. `settle` publishes what becomes of each order, before or after the answer."""

    def __init__(self, behind):
        self.behind = behind
        self.by_key = {}
        self.calls = 0
        self.outcome, self.delay = "confirmed", 0.0
        behind.on("orders.checkout_many", self._checkout_many)
        behind.on("orders.get_checkout", lambda principal, payload: self._stored(payload["checkout_id"]))

    def _checkout_many(self, _principal, items):
        self.calls += 1
        return [self._checkout(item["principal"], item["payload"]) for item in items]

    def _checkout(self, principal, payload):
        key = (principal["user_id"], payload["key"])
        if key in self.by_key:
            stored, fingerprint = self.by_key[key]
            if fingerprint != payload["fingerprint"]:
                reused = {"code": "idempotency_key_reused", "kind": "conflict", "detail": "", "fields": {}}
                return {"error": Refusal.from_dict(reused).as_dict()}
            return {"result": {**stored, "replayed": True}}
        orders = [self._order(principal, payload, one) for one in payload["order_ids"]]
        result = {"checkout_id": payload["checkout_id"], "orders": orders, "replayed": False}
        self.by_key[key] = (result, payload["fingerprint"])
        if self.outcome != "none":
            threading.Timer(self.delay, self._settle, [orders]).start()
        time.sleep(0.05)
        return {"result": {**result, "orders": [{**order, "status": "pending"} for order in orders]}}

    def _order(self, principal, payload, order_id):
        return {
            "order_id": order_id,
            "checkout_id": payload["checkout_id"],
            "shop_id": "s-1",
            "shop_name": "茶行",
            "buyer_id": principal["user_id"],
            "seller_id": "u-seller",
            "status": "pending",
            "payment_method": payload["payment_method"],
            "payment_status": "none",
            "products": [],
            "items_total": 600,
            "shipping_fee": 80,
            "total_price": 680,
            "shipping": payload["shipping"][0],
            "created_at": rfc3339(now()),
            "version": 1,
        }

    def settle_all(self):
        self.outcome = "confirmed"
        for stored, _ in self.by_key.values():
            self._settle(stored["orders"])

    def _settle(self, orders):
        for order in orders:
            who = {name: order[name] for name in ("checkout_id", "order_id", "shop_id", "seller_id", "buyer_id")}
            if self.outcome == "confirmed":
                order["status"] = "to_ship"
                totals = {name: order[name] for name in ("items_total", "shipping_fee", "total_price")}
                self.behind.publish(OrderConfirmedV1(**who, **totals, status="to_ship", confirmed_at=rfc3339(now())))
            else:
                order["status"], order["void_reason"] = "void", "out_of_stock"
                self.behind.publish(OrderVoidedV1(**who, at=rfc3339(now()), reason="out_of_stock"))

    def _stored(self, checkout_id):
        [found] = [stored for stored, _ in self.by_key.values() if stored["checkout_id"] == checkout_id]
        return found


@pytest.fixture
def shop(behind):
    return Shop(behind)


def buy(http, person, key="a-key-of-mine", body=None):
    headers = {**person.headers, **({"idempotency-key": key} if key else {})}
    return http.post("/v1/checkout", json=body or BODY, headers=headers)


@pytest.mark.parametrize("delay", [0.0, 0.3])  # before orders answers, and after
def test_a_checkout_whose_stock_is_held_in_time_is_201(http, person, shop, delay):
    shop.delay = delay
    answer = buy(http, person)
    assert answer.status_code == 201, answer.text
    [order] = answer.json()["orders"]
    assert (order["status"], order["total_price"]) == ("to_ship", 680)


def test_a_void_order_is_201_with_its_reason(http, person, shop):
    shop.outcome = "voided"
    answer = buy(http, person)
    [order] = answer.json()["orders"]
    assert (answer.status_code, order["status"], order["void_reason"]) == (201, "void", "out_of_stock")


def test_what_takes_longer_is_202_and_the_same_key_tells_later(http, person, shop):
    shop.outcome = "none"
    started = time.monotonic()
    first = buy(http, person)
    assert first.status_code == 202
    assert time.monotonic() - started > 1.4
    assert first.json()["orders"][0]["status"] == "pending"
    shop.settle_all()
    again = buy(http, person)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json()["checkout_id"] == first.json()["checkout_id"]


def test_another_body_under_the_same_key_is_refused(http, person, shop):
    buy(http, person)
    answer = buy(http, person, body={**BODY, "note": "請快"})
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")


def test_without_a_key_or_with_a_bad_one_it_is_400(http, person, shop):
    missing, bad = buy(http, person, key=None), buy(http, person, key="short")
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_required")
    assert (bad.status_code, bad.json()["code"]) == (400, "idempotency_key_invalid")
    assert shop.calls == 0


def test_face_to_face_needs_no_place(http, person, shop):
    shipping = {"shop_id": "s-1", "method": "face_to_face", "address": {"name": "王小明", "phone": "0912345678"}}
    answer = buy(http, person, body={**BODY, "shipping": [shipping]})
    assert (answer.status_code, answer.json()["orders"][0]["shipping"]) == (201, shipping)


def test_what_orders_says_about_an_address_is_422_and_names_the_field(http, person, behind):
    invalid = {"code": "invalid", "kind": "invalid", "detail": "", "fields": {"field": "shipping.address.district"}}
    behind.on("orders.checkout_many", lambda _, items: [{"error": invalid} for _ in items])
    answer = buy(http, person)
    assert (answer.status_code, answer.json()["fields"]["field"]) == (422, "shipping.address.district")


def test_when_orders_fails_it_is_to_be_sent_again_with_the_same_key(http, person, behind):
    def fails(*_):
        raise RuntimeError("a bug")

    for broken in (fails, [], lambda *_: time.sleep(6)):  # [] is an answer that does not fit
        behind.on("orders.checkout_many", broken)
        answer = buy(http, person)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_buyers_who_come_together_share_calls(gateway, world, shop):
    people = [world.signer.person() for _ in range(40)]
    limits = httpx.Limits(max_connections=40)
    with httpx.Client(base_url=gateway.url, timeout=20, limits=limits) as client, ThreadPoolExecutor(40) as crowd:
        answers = list(crowd.map(lambda one: buy(client, one), people))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["checkout_id"] for answer in answers}) == 40
    assert shop.calls < 40
