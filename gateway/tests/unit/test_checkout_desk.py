"""The checkout desk: keys, waiting for the stock, and what is answered when something does not come."""

import asyncio
from collections.abc import Callable

import pytest

from chassis.errors import Invalid, Kind, Missing, Refusal, Unauthenticated, Unavailable
from gateway.application.checkout import FEW, MANY, CheckoutDesk, OrderSettled, fingerprint

BUYER = {"user_id": "u-1", "session_id": "x-1", "roles": []}
KEY = "key-12345678"
PAYLOAD = {
    "payment_method": "cod",
    "shipping": [{"shop_id": "s-1", "method": "post"}, {"shop_id": "s-2", "method": "post"}],
    "note": "請快",
}


class FakeOrders:
    """Orders in memory: `on_checkout` runs before the answer leaves, `refusal` is raised instead of it."""

    def __init__(self) -> None:
        self.asked: list[dict] = []
        self.companies: list[int] = []
        self.reads = 0
        self.on_checkout: Callable[[str, list[str]], None] = lambda _checkout, _orders: None
        self.refusal: Refusal | None = None
        self.read_refusal: Refusal | None = None
        self.stored: dict | None = None
        self.status_when_read = "pending"

    async def checkout(self, principal, item, company) -> dict:
        self.asked.append(item)
        self.companies.append(company)
        if self.refusal:
            raise self.refusal
        if self.stored:
            return {**self.stored, "replayed": True}
        self.on_checkout(item["checkout_id"], item["order_ids"])
        orders = [{"order_id": one, "status": "pending", "total_price": 680} for one in item["order_ids"]]
        return {"checkout_id": item["checkout_id"], "orders": orders, "replayed": False}

    async def get_checkout(self, principal, checkout_id) -> dict:
        self.reads += 1
        if self.read_refusal:
            raise self.read_refusal
        ids = self.asked[-1]["order_ids"]
        orders = [{"order_id": one, "status": self.status_when_read, "total_price": 680} for one in ids]
        return {"checkout_id": checkout_id, "orders": orders, "replayed": True}


@pytest.fixture
def orders() -> FakeOrders:
    return FakeOrders()


@pytest.fixture
def desk(orders) -> CheckoutDesk:
    return CheckoutDesk(orders, patience=0.05)


def place(desk: CheckoutDesk, payload: dict | None = None, key: str | None = KEY, who: dict | None = BUYER):
    return asyncio.run(desk.place(who, PAYLOAD if payload is None else payload, key))


def confirm_all(desk: CheckoutDesk):
    def told(checkout_id: str, ids: list[str]) -> None:
        for one in ids:
            desk.settled(checkout_id, OrderSettled(one, "to_ship"))

    return told


@pytest.mark.parametrize("key", [None, ""])
def test_without_a_key_nothing_is_asked(desk, orders, key):
    with pytest.raises(Refusal) as caught:
        place(desk, key=key)
    assert (caught.value.code, caught.value.kind) == ("idempotency_key_required", Kind.MALFORMED)
    assert orders.asked == []


@pytest.mark.parametrize("key", ["short", "x" * 129, "with a space", "中文中文中文中文", "line\nbreak1"])
def test_a_key_is_8_to_128_visible_ascii_characters(desk, orders, key):
    with pytest.raises(Refusal) as caught:
        place(desk, key=key)
    assert (caught.value.code, caught.value.kind) == ("idempotency_key_invalid", Kind.MALFORMED)
    assert orders.asked == []


def test_nobody_buys_without_being_known(desk, orders):
    with pytest.raises(Unauthenticated):
        place(desk, who=None)
    assert orders.asked == []


@pytest.mark.parametrize("shipping", [None, [], "s-1", [{}] * 101])
def test_a_checkout_names_its_shops(desk, orders, shipping):
    with pytest.raises(Invalid):
        place(desk, {**PAYLOAD, "shipping": shipping})
    assert orders.asked == []


def test_orders_is_told_fresh_ids_one_for_each_shop(desk, orders):
    orders.on_checkout = confirm_all(desk)
    place(desk)
    place(desk)
    first, second = orders.asked
    assert len(first["order_ids"]) == 2
    assert len({first["checkout_id"], *first["order_ids"], second["checkout_id"], *second["order_ids"]}) == 6
    assert first["fingerprint"] == second["fingerprint"]
    assert (first["key"], first["note"], first["payment_method"]) == (KEY, "請快", "cod")
    assert "expected_total" not in first


def test_a_body_has_one_fingerprint_whatever_the_order_of_its_fields():
    assert fingerprint({"a": 1, "b": {"c": 2, "d": "中"}}) == fingerprint({"b": {"d": "中", "c": 2}, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_events_that_overtake_the_answer_count(desk, orders):
    orders.on_checkout = confirm_all(desk)
    status, body, headers = place(desk)
    assert (status, headers) == (201, {})
    assert [order["status"] for order in body["orders"]] == ["to_ship", "to_ship"]
    assert body["checkout_id"] == orders.asked[0]["checkout_id"]
    assert orders.reads == 0


def test_events_that_come_later_are_waited_for(orders):
    desk = CheckoutDesk(orders, patience=5)

    async def story():
        placing = asyncio.create_task(desk.place(BUYER, PAYLOAD, KEY))
        await asyncio.sleep(0.01)
        item = orders.asked[0]
        for one in item["order_ids"]:
            await asyncio.sleep(0.005)
            assert not placing.done()
            desk.settled(item["checkout_id"], OrderSettled(one, "unpaid", pay_before="2026-11-25T12:00:00Z"))
        return await placing

    status, body, _ = asyncio.run(story())
    assert status == 201
    assert [(order["status"], order["pay_before"]) for order in body["orders"]] == [
        ("unpaid", "2026-11-25T12:00:00Z")
    ] * 2


def test_a_void_order_is_settled_and_says_why(desk, orders):
    def told(checkout_id: str, ids: list[str]) -> None:
        desk.settled(checkout_id, OrderSettled(ids[0], "to_ship"))
        desk.settled(checkout_id, OrderSettled(ids[1], "void", "out_of_stock"))

    orders.on_checkout = told
    status, body, _ = place(desk)
    assert status == 201
    assert [(order["status"], order.get("void_reason")) for order in body["orders"]] == [
        ("to_ship", None),
        ("void", "out_of_stock"),
    ]


@pytest.mark.parametrize("first", ["void", "unpaid"])
def test_a_void_is_final_in_whatever_order_the_events_come(desk, orders, first):
    def told(checkout_id: str, ids: list[str]) -> None:
        news = {
            "void": OrderSettled(ids[0], "void", "cancelled_by_buyer", "u-1"),
            "unpaid": OrderSettled(ids[0], "unpaid"),
        }
        desk.settled(checkout_id, news.pop(first))
        desk.settled(checkout_id, *news.values())
        desk.settled(checkout_id, OrderSettled(ids[1], "unpaid"))

    orders.on_checkout = told
    _, body, _ = place(desk)
    assert [order["status"] for order in body["orders"]] == ["void", "unpaid"]
    assert body["orders"][0]["voided_by"] == "u-1"


def test_events_that_never_come_are_read_once(desk, orders):
    orders.status_when_read = "unpaid"
    status, body, headers = place(desk)
    assert (status, orders.reads, headers) == (201, 1, {})
    assert [order["status"] for order in body["orders"]] == ["unpaid", "unpaid"]


def test_what_is_still_pending_is_accepted(desk, orders):
    status, body, _ = place(desk)
    assert (status, orders.reads) == (202, 1)
    assert {order["status"] for order in body["orders"]} == {"pending"}


@pytest.mark.parametrize("refusal", [Unavailable("away"), Missing()])
def test_an_accepted_checkout_stays_accepted_when_it_cannot_be_read_again(desk, orders, refusal):
    orders.read_refusal = refusal
    orders.on_checkout = lambda checkout_id, ids: desk.settled(checkout_id, OrderSettled(ids[0], "unpaid"))
    status, body, _ = place(desk)
    assert status == 202
    assert [order["status"] for order in body["orders"]] == ["unpaid", "pending"]


@pytest.mark.parametrize(("stored", "status"), [("to_ship", 201), ("void", 201), ("pending", 202)])
def test_a_replayed_key_answers_the_stored_checkout_as_it_stands(desk, orders, stored, status):
    orders.stored = {"checkout_id": "c-old", "orders": [{"order_id": "o-old", "status": stored}]}
    found, body, headers = place(desk)
    assert (found, body) == (status, orders.stored)
    assert headers == {"Idempotency-Replayed": "true"}


@pytest.mark.parametrize("code", ["unavailable", "deadline_exceeded", "internal"])
def test_a_checkout_whose_fate_is_unknown_is_to_be_sent_again(desk, orders, code):
    orders.refusal = Refusal.from_dict({"code": code, "kind": "unavailable"})
    with pytest.raises(Unavailable) as caught:
        place(desk)
    assert (caught.value.code, caught.value.fields) == ("unavailable", {"retry_after": 1})


def test_what_orders_refuses_is_refused_with_its_code(desk, orders):
    orders.refusal = Refusal.from_dict({"code": "price_changed", "kind": "conflict", "fields": {"total": 700}})
    with pytest.raises(Refusal) as caught:
        place(desk)
    assert (caught.value.code, caught.value.fields) == ("price_changed", {"total": 700})


def test_nobody_is_left_waiting(desk, orders):
    orders.on_checkout = confirm_all(desk)
    place(desk)
    orders.refusal = Unavailable("away")
    with pytest.raises(Unavailable):
        place(desk)

    async def given_up() -> None:
        orders.refusal, orders.on_checkout = None, lambda _checkout, _orders: None
        placing = asyncio.create_task(desk.place(BUYER, PAYLOAD, KEY))
        await asyncio.sleep(0.01)
        assert len(desk.waiters) == 1
        placing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await placing

    asyncio.run(given_up())
    assert len(desk.waiters) == 0


def test_too_many_at_once_are_told_to_come_again(orders):
    desk = CheckoutDesk(orders, most=0)
    with pytest.raises(Unavailable):
        place(desk)
    assert orders.asked == []


def test_few_checkouts_wait_for_nobody_and_many_for_as_many_as_travel_well_together(orders):
    desk = CheckoutDesk(orders, patience=0.05)

    async def rush() -> None:
        await asyncio.gather(*(desk.place(BUYER, PAYLOAD, f"{KEY}-{number}") for number in range(20)))

    asyncio.run(rush())
    assert orders.companies == [1] * FEW + [MANY] * (20 - FEW)
