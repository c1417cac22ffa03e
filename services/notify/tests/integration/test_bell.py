"""Events ring bells once each, and the bell's calls tell what it shows."""

from chassis.errors import Invalid, Missing, Refusal, StaleVersion  # noqa: F401
from chassis.ids import uuid7


def test_a_new_order_rings_its_seller_once(world, make):
    seller = str(uuid7())
    order = make.confirmed(seller)
    [event_id] = world.tell(order, copies=3)
    page = world.call("list_notifications", seller)
    [item] = page["items"]
    assert item["event_id"] == event_id
    assert (item["type"], item["title"], item["seq"]) == ("order.new", "新訂單 NT$1,280", 1)
    assert item["link"] == f"/seller/orders/{order.order_id}"
    assert (page["unread_count"], page["next_cursor"]) == (1, None)
    assert world.call("list_notifications", order.buyer_id)["items"] == []
    [change] = world.changes(seller)
    assert change == {"user_id": seller, "seq": 1, "unread_count": 1, "item": item}
