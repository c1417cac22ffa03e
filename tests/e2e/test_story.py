"""One order rings the bell: through every service, on every tab, LINE, SNS, S3 and the door."""

import io
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from PIL import Image

from chassis.clock import now, parse, rfc3339
from yeshi_local.story.api import Api
from yeshi_local.story.door import DoorCounter
from yeshi_local.story.line_user import LineUser
from yeshi_local.story.listener import SnsListener
from yeshi_local.story.people import Seller, new_key, variant_of
from yeshi_local.testing import until

TIMER_TURN = timedelta(seconds=1)  # how often orders' work process looks for what is due


def a_photo(colour: str = "sienna", size: tuple[int, int] = (900, 600)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, "JPEG")
    return written.getvalue()


@pytest.fixture
def product(seller):
    return seller.sell("阿里山手沖咖啡", 480, 10, discount=60)


@pytest.fixture
def ringing(platform) -> Iterator[tuple[Seller, LineUser, SnsListener]]:
    """A seller who hears her bell on LINE and through SNS as well."""
    seller = Seller(platform.url, "鈴美", "鈴聲咖啡")
    phone = LineUser(platform.values["line.url"], "鈴美")
    phone.bind(seller)
    sns = SnsListener(platform.values["sns.url"], platform.values["sns.topic_arn"], seller.user_id)
    seller.hear_by_sns()
    yield seller, phone, sns
    sns.close()


def test_an_order_rings_once_on_every_tab_on_line_and_sns(platform, buyer, ringing):
    seller, phone, sns = ringing
    product = seller.sell("鈴聲特調", 480, 10, discount=60)
    first, second = seller.at(platform.gateways[0]), seller.at(platform.gateways[1])
    with first.bell() as one, first.bell() as another_tab, second.bell() as elsewhere:
        for bell in (one, another_tab, elsewhere):
            assert bell.opened().data["unread_count"] == 0
        buyer.put(variant_of(product), 2)
        placed = buyer.checkout(seller.shop_id)
        assert placed["status_code"] == 201
        order = placed["orders"][0]
        assert order["status"] == "to_ship"
        assert (order["items_total"], order["shipping_fee"], order["total_price"]) == (840, 80, 920)
        for bell in (one, another_tab, elsewhere):
            rung = bell.wait(lambda heard: heard.event == "notification")
            assert (rung.data["item"]["type"], rung.data["unread_count"]) == ("order.new", 1)
        until(phone.pushes)
        until(sns.bodies)
        platform.settle()
        assert [len(bell.items()) for bell in (one, another_tab, elsewhere)] == [1, 1, 1]
    for tab in (first, second):
        assert tab.get("/v1/notifications/unread-count")["unread_count"] == 1
    [listed] = seller.notifications()
    assert listed["type"] == "order.new"
    assert order["order_id"] in listed["link"]
    assert len(phone.pushes()) == 1
    assert [(body["type"], body["event_id"]) for body in sns.bodies()] == [("order.new", listed["event_id"])]
    seller.api.post(f"/v1/notifications/{listed['notification_id']}/read")
    assert seller.unread() == 0
    stock = seller.stock_of(product["product_id"])[variant_of(product)]
    assert (stock["quantity"], stock["reserved"], stock["available"]) == (10, 2, 8)


def test_a_photo_is_stored_served_and_part_of_the_card(platform, seller, product):
    stored = seller.add_photo(product["product_id"], a_photo())
    assert (stored["width"], stored["height"]) == (900, 600)
    served = seller.api.send("GET", stored["url"])
    assert served.status_code == 200
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in served.headers["cache-control"]
    assert Image.open(io.BytesIO(served.content)).size == (900, 600)
    anybody = Api(platform.url)
    path = f"/v1/products/{product['product_id']}"
    card = until(lambda: (found := anybody.get(path))["photos"] and found)
    assert card["photos"][0]["photo_id"] == stored["photo_id"]
    again = seller.add_photo(product["product_id"], a_photo())
    assert again["photo_id"] == stored["photo_id"]  # the same bytes are the same photo


def test_the_card_is_the_same_at_every_gateway_and_answers_304(platform, seller, product):
    path = f"/v1/products/{product['product_id']}"

    def seen():
        """Once the product's document, which travels by itself, has come to both."""
        found = [httpx.get(f"{gateway}{path}", trust_env=False) for gateway in platform.gateways]
        return all(".m1." in answer.headers["etag"] for answer in found) and found

    answers = until(seen)
    assert len({answer.headers["etag"] for answer in answers}) == 1
    again = httpx.get(answers[0].url, headers={"If-None-Match": answers[0].headers["etag"]}, trust_env=False)
    assert (again.status_code, again.content) == (304, b"")
    seller.api.patch(path, {"name": "改名的咖啡"})
    for gateway in platform.gateways:
        until(lambda where=gateway: httpx.get(f"{where}{path}", trust_env=False).json()["name"] == "改名的咖啡")


def test_metadata_is_kept_as_it_is_and_mirrored(seller, mirror):
    free = {"__type__": "datetime", "__value__": "x", "a.b": {"$gt": 1}, "產地": "阿里山"}
    product = seller.sell("奇怪的資料", 100, 1, metadata=free)
    found = until(lambda: seller.api.get(f"/v1/metadata/{product['metadata_id']}"))
    assert found["document"] == free
    until(lambda: mirror.read(product["metadata_id"]) == found)


def test_heads_are_counted(seller):
    enrolled = seller.api.post(f"/v1/shops/{seller.shop_id}/devices", {"name": "前門"})
    door = DoorCounter(enrolled["mqtt"])
    for direction in ("in", "in", "out"):
        door.count(direction)
    door.settle()
    door.close()
    window = {"from": rfc3339(now() - timedelta(hours=2)), "to": rfc3339(now() + timedelta(hours=1)), "bucket": "day"}

    def counted():
        buckets = seller.api.get(f"/v1/shops/{seller.shop_id}/footfall", **window)["buckets"]
        return (sum(one["in"] for one in buckets), sum(one["out"] for one in buckets)) == (2, 1)

    until(counted)


def test_cancelling_voids_and_releases(platform, seller, buyer, product):
    buyer.put(variant_of(product), 3)
    order = buyer.checkout(seller.shop_id)["orders"][0]
    assert seller.stock_of(product["product_id"])[variant_of(product)]["reserved"] == 3
    cancelled = buyer.api.post(f"/v1/orders/{order['order_id']}/cancel")
    assert (cancelled["status"], cancelled["void_reason"]) == ("void", "cancelled_by_buyer")
    until(lambda: seller.stock_of(product["product_id"])[variant_of(product)]["reserved"] == 0)
    until(lambda: seller.notifications()[0]["type"] == "order.voided")


def test_an_unpaid_order_voids_itself_though_the_timer_was_down_when_it_fell_due(platform, seller, buyer, product):
    buyer.put(variant_of(product), 1)
    [placed] = buyer.checkout(seller.shop_id, payment_method="bank_transfer")["orders"]
    order_id = placed["order_id"]
    platform.stop("orders-work")
    try:
        due = parse(buyer.order(order_id)["pay_before"])
        assert parse(placed["pay_before"]) == due
        until(lambda: now() > due + 2 * TIMER_TURN)
        assert buyer.order(order_id)["status"] == "unpaid"
        assert seller.stock_of(product["product_id"])[variant_of(product)]["reserved"] == 1
    finally:
        platform.start("orders-work")
    ended = until(lambda: (found := buyer.order(order_id))["status"] == "void" and found)
    assert ended["void_reason"] == "payment_timeout"
    until(lambda: seller.stock_of(product["product_id"])[variant_of(product)]["reserved"] == 0)


def test_the_whole_way_to_completed(seller, buyer, product):
    buyer.put(variant_of(product), 2)
    order_id = buyer.checkout(seller.shop_id, payment_method="bank_transfer")["orders"][0]["order_id"]
    paid = seller.api.post(f"/v1/orders/{order_id}/pay", headers={"Idempotency-Key": new_key()})
    assert paid["order"]["status"] == "to_ship"
    assert seller.api.post(f"/v1/orders/{order_id}/ship", {"tracking_number": "TW123"})["status"] == "shipping"
    assert buyer.api.post(f"/v1/orders/{order_id}/receive")["status"] == "completed"
    until(lambda: seller.stock_of(product["product_id"])[variant_of(product)]["quantity"] == 8)
    assert [one["order_id"] for one in buyer.api.get("/v1/orders", status="completed")["items"]] == [order_id]
    listed = seller.api.get("/v1/seller/orders", status="completed", shop_id=seller.shop_id)["items"]
    assert order_id in [one["order_id"] for one in listed]
    assert {"order.shipped"} <= {one["type"] for one in until(buyer.notifications)}
