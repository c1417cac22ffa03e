"""Stock that is added and taken, goods that come back, the ledger, and the word that little is left."""

from uuid import UUID, uuid4

import pytest

from catalog.application.stock import ChangeStock
from catalog.application.variants import ChangeVariant
from catalog.domain.errors import KeyReused, NotReturnable, StockBelowReserved
from catalog.domain.events import StockChanged, StockLow
from catalog.domain.stock import Line, Placed, Shipped, Voided
from chassis.errors import Invalid, Missing


@pytest.fixture
def variant(listed):
    """A listed variant with ten on hand: (variant id, shop id)."""
    product = listed()
    return UUID(product["variants"][0]["product_variant_id"]), UUID(product["shop_id"])


def change(world, variant, add, key=None, order_id=None):
    return world.app.stock.change(ChangeStock(world.seller, variant[0], add, key or str(uuid4()), order_id))


def order(world, variant, quantity=2):
    order_id = uuid4()
    world.settle(Placed(order_id, variant[1], (Line("1", variant[0], quantity, 1),)))
    return order_id


def test_added_and_taken_once_for_each_key(world, variant):
    assert change(world, variant, 5, "delivery")["quantity"] == 15
    assert change(world, variant, 5, "delivery")["quantity"] == 15
    assert change(world, variant, -3, "broken")["quantity"] == 12
    assert change(world, variant, 5, "delivery")["quantity"] == 12  # the stock as it is, not as it was
    with pytest.raises(KeyReused):
        change(world, variant, 6, "delivery")
    assert len(world.heard(StockChanged)) == 4  # made, set, and twice changed
    entries = world.app.stock.ledger(world.seller, variant[0], None, 20)["items"]
    assert [(one["add"], one["reason"]) for one in entries] == [(-3, "subtracted"), (5, "added"), (10, "set")]


def test_a_key_is_one_variants_own(world, listed, variant):
    other = (UUID(listed()["variants"][0]["product_variant_id"]), None)
    assert change(world, variant, 1, "key-one")["quantity"] == 11
    assert change(world, other, 2, "key-one")["quantity"] == 12


@pytest.mark.parametrize("add", [0, True, 1.5, 10_000_000, 9_999_999, -10_000_000])
def test_what_cannot_be_added_is_refused(world, variant, add):
    with pytest.raises(Invalid):
        change(world, variant, add)


@pytest.mark.parametrize("key", ["", "x" * 129, "a\0b"])
def test_a_key_is_a_short_text(world, variant, key):
    with pytest.raises(Invalid):
        world.app.stock.change(ChangeStock(world.seller, variant[0], 1, key))


def test_what_is_promised_cannot_be_taken(world, variant):
    order(world, variant, 4)
    with pytest.raises(StockBelowReserved) as refused:
        change(world, variant, -7)
    assert refused.value.fields == {"reserved": 4}
    assert change(world, variant, -6)["available"] == 0


def test_goods_come_back_of_an_order_that_took_them_and_no_more_than_it_took(world, variant):
    order_id = order(world, variant, 3)
    with pytest.raises(NotReturnable):
        change(world, variant, 1, order_id=order_id)  # they have not left yet
    world.settle(Shipped(order_id))
    assert change(world, variant, 2, "first", order_id)["quantity"] == 9
    assert change(world, variant, 2, "first", order_id)["quantity"] == 9
    for add in (2, -1):
        with pytest.raises(NotReturnable) as refused:
            change(world, variant, add, order_id=order_id)
        assert refused.value.fields == {"returnable": 1}
    with pytest.raises(NotReturnable):
        change(world, variant, 1, order_id=uuid4())
    [line] = world.app.stock.of_order(world.seller, order_id)["lines"]
    assert (line["quantity"], line["state"], line["returned"]) == (3, "committed", 2)


def test_an_orders_pieces_can_be_followed_by_its_shop_alone(world, variant):
    order_id = order(world, variant)
    assert world.app.stock.of_order(world.seller, order_id)["lines"][0]["state"] == "held"
    world.settle(Voided(order_id))
    assert world.app.stock.of_order(world.seller, order_id)["lines"][0]["state"] == "released"
    for by, which in ((uuid4(), order_id), (world.seller, uuid4())):
        with pytest.raises(Missing):
            world.app.stock.of_order(by, which)


def test_the_ledger_is_paged_and_private(world, variant):
    for _ in range(4):
        change(world, variant, 1)
    first = world.app.stock.ledger(world.seller, variant[0], None, 3)
    rest = world.app.stock.ledger(world.seller, variant[0], int(first["next_cursor"]), 3)
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (3, 2, None)
    assert sum(one["add"] for one in first["items"] + rest["items"]) == 14
    assert {one["by"] for one in first["items"]} == {str(world.seller)}
    with pytest.raises(Missing):
        world.app.stock.ledger(uuid4(), variant[0], None, 3)


def mark(world, variant, low_stock_at):
    world.app.variants.change(ChangeVariant(by=world.seller, variant_id=variant[0], low_stock_at=low_stock_at))


def test_little_left_is_told_once_each_time_it_falls_that_far(world, variant):
    mark(world, variant, 5)
    order(world, variant, 4)
    assert world.heard(StockLow) == []
    last = order(world, variant, 1)
    [low] = world.heard(StockLow)
    assert (low.available, low.low_at, low.name, low.variant_id) == (5, 5, "凍頂烏龍茶", variant[0])
    order(world, variant, 1)
    world.settle(Voided(last))
    assert len(world.heard(StockLow)) == 1  # it never was above in between
    change(world, variant, 5)
    change(world, variant, -6)
    world.app.stock.put(world.seller, variant[0], 20)
    world.app.stock.put(world.seller, variant[0], 6)
    assert [event.available for event in world.heard(StockLow)] == [5, 4, 1]


def test_without_a_mark_nobody_is_told(world, variant):
    order(world, variant, 10)
    mark(world, variant, 0)
    assert world.heard(StockLow) == []  # it was empty before


def test_a_batch_tells_once_how_it_ended(world, variant):
    mark(world, variant, 5)
    ids = [uuid4() for _ in range(3)]
    world.settle(*(Placed(one, variant[1], (Line("1", variant[0], 3, 1),)) for one in ids))
    assert [event.available for event in world.heard(StockLow)] == [1]
