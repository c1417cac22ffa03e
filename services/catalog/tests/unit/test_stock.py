"""Stock and reservations: pure rules, and the use cases around them."""

import random
from uuid import UUID, uuid4

import pytest

from catalog.domain.errors import StockBelowReserved
from catalog.domain.events import OrderRejected, OrderReserved, Reason, StockChanged
from catalog.domain.options import OptionLevel, combinations
from catalog.domain.stock import Line, OrderState, Placed, ReservationUnknown, Shipped, Voided
from chassis.errors import Invalid


def variant_of(product, position=0):
    return UUID(product["variants"][position]["product_variant_id"])


def placed(product, *wanted, order_id=None, price_version=1, shop_id=None):
    """An order of (variant, quantity) pairs."""
    lines = tuple(Line(str(n), variant, quantity, price_version) for n, (variant, quantity) in enumerate(wanted))
    return Placed(order_id or uuid4(), shop_id or UUID(product["shop_id"]), lines)


def levels(world, variant):
    level = world.store.levels[variant]
    return level.on_hand, level.reserved


def test_stock_is_what_the_shop_says(world, listed):
    variant = variant_of(listed())
    assert world.app.stock.put(world.seller, variant, 7) == {"quantity": 7, "reserved": 0, "available": 7}
    before = len(world.heard(StockChanged))
    world.app.stock.put(world.seller, variant, 7)
    assert len(world.heard(StockChanged)) == before  # nothing changed
    assert [entry.delta for entry in world.store.ledger] == [10, -3]


@pytest.mark.parametrize("quantity", [-1, 10_000_000, 10**9, True])
def test_an_impossible_quantity_is_refused(world, listed, quantity):
    with pytest.raises(Invalid):
        world.app.stock.put(world.seller, variant_of(listed()), quantity)


def test_stock_does_not_go_below_what_is_reserved(world, listed):
    product = listed()
    variant = variant_of(product)
    world.settle(placed(product, (variant, 4)))
    with pytest.raises(StockBelowReserved) as refused:
        world.app.stock.put(world.seller, variant, 3)
    assert refused.value.fields == {"reserved": 4}
    assert world.app.stock.put(world.seller, variant, 4)["available"] == 0


def test_an_order_gets_all_of_its_lines_or_none(world, listed):
    product = listed(options=(OptionLevel("顏色", ("紅", "藍")),))
    red, blue = variant_of(product), variant_of(product, 1)
    world.settle(placed(product, (red, 1), (blue, 11)))
    [rejected] = world.heard(OrderRejected)
    assert (rejected.reason, rejected.variant_ids) == (Reason.OUT_OF_STOCK, (blue,))
    assert levels(world, red) == (10, 0)


def test_two_lines_of_one_variant_count_together(world, listed):
    product = listed()
    variant = variant_of(product)
    world.settle(placed(product, (variant, 6), (variant, 5)), placed(product, (variant, 6), (variant, 4)))
    assert levels(world, variant) == (10, 10)
    assert len(world.heard(OrderRejected)) == len(world.heard(OrderReserved)) == 1


def test_orders_are_served_in_the_order_they_came(world, listed):
    product = listed()
    variant = variant_of(product)
    orders = [placed(product, (variant, 4)) for _ in range(3)]
    world.settle(*orders)
    assert [world.order_state(order.order_id) for order in orders] == [
        OrderState.HELD,
        OrderState.HELD,
        OrderState.REJECTED,
    ]


def test_one_event_per_variant_and_batch_with_the_final_state(world, listed):
    product = listed()
    variant = variant_of(product)
    before = len(world.heard(StockChanged))
    orders = [placed(product, (variant, 1)) for _ in range(5)]
    world.settle(*orders, Voided(orders[0].order_id))
    [changed] = world.heard(StockChanged)[before:]
    assert (changed.available, changed.version) == (6, 3)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"price_version": 2}, Reason.PRICE_CHANGED),
        ({"shop_id": uuid4()}, Reason.NOT_LISTED),
    ],
)
def test_another_offer_than_the_buyer_saw_is_rejected(world, listed, values, reason):
    product = listed()
    world.settle(placed(product, (variant_of(product), 1), **values))
    assert [event.reason for event in world.heard(OrderRejected)] == [reason]


def test_what_is_not_for_sale_is_rejected(world, listed, make_product):
    product = listed()
    world.app.listing.take_off_list(world.seller, UUID(product["product_id"]))
    world.settle(placed(product, (variant_of(product), 1)), placed(product, (uuid4(), 1)))
    assert [event.reason for event in world.heard(OrderRejected)] == [Reason.NOT_LISTED] * 2


def test_a_void_gives_back_and_a_shipment_takes_away(world, listed):
    product = listed()
    variant = variant_of(product)
    first, second = placed(product, (variant, 3)), placed(product, (variant, 2))
    world.settle(first, second)
    world.settle(Voided(first.order_id), Shipped(second.order_id))
    assert levels(world, variant) == (8, 0)
    assert [entry.delta for entry in world.store.ledger] == [10, -2]
    world.settle(Voided(first.order_id), Shipped(second.order_id), Voided(second.order_id), first, second)
    assert levels(world, variant) == (8, 0)


def test_a_void_that_overtakes_its_order_leaves_a_tombstone(world, listed):
    product = listed()
    order = placed(product, (variant_of(product), 1))
    world.settle(Voided(order.order_id))
    assert world.order_state(order.order_id) is OrderState.VOID
    world.settle(order)
    assert [event.reason for event in world.heard(OrderRejected)] == [Reason.ORDER_VOID]
    assert world.order_state(order.order_id) is OrderState.REJECTED
    world.settle(order)
    assert len(world.heard(OrderRejected)) == 1


def test_a_shipment_that_overtakes_its_order_waits(world):
    with pytest.raises(ReservationUnknown):
        world.settle(Shipped(uuid4()))


@pytest.mark.parametrize("seed", range(30))
def test_whatever_comes_in_whatever_order_nothing_is_oversold_or_leaks(world, listed, seed):
    rng = random.Random(seed)
    product = listed(options=(OptionLevel("顏色", ("紅", "藍", "綠")),))
    variants = [variant_of(product, position) for position in range(3)]
    known: list = []
    for _ in range(60):
        batch = []
        for _ in range(rng.randint(1, 5)):
            if not known or rng.random() < 0.4:
                wanted = [(rng.choice(variants), rng.randint(1, 4)) for _ in range(rng.randint(1, 3))]
                known.append(placed(product, *wanted))
            order = rng.choice(known)
            batch.append(rng.choice([order, order, Voided(order.order_id), Shipped(order.order_id)]))
        try:
            world.settle(*batch)
        except ReservationUnknown:
            for move in batch:
                try:
                    world.settle(move)
                except ReservationUnknown:
                    assert isinstance(move, Shipped)
        _check(world, variants)


def _check(world, variants):
    for variant in variants:
        on_hand, reserved = levels(world, variant)
        assert 0 <= reserved <= on_hand
        assert on_hand == sum(entry.delta for entry in world.store.ledger if entry.variant_id == variant)
        held = [
            line.quantity
            for order in world.store.orders.values()
            if order.state is OrderState.HELD
            for line in order.lines
            if line.variant_id == variant
        ]
        assert reserved == sum(held)


def test_combinations_of_nothing_are_one_empty_choice():
    assert combinations(()) == [()]
