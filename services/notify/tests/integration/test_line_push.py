"""Notifications reach LINE once each, whatever LINE answers and whoever dies meanwhile."""


def test_a_bound_seller_gets_a_push(world, work, line, make):
    seller, line_user = world.bound()
    order = make.confirmed(seller)
    world.tell(order)
    assert world.settled(seller) == [("line", "delivered", None)]
    [message] = line.received(line_user)
    assert message["altText"].startswith("新訂單 NT$1,280\n")
    assert message["template"]["actions"][0]["uri"] == f"https://yeshi.example/seller/orders/{order.order_id}"
