"""Catalog's answers, and time."""

import pytest

from chassis.ids import uuid7
from orders.application.settling import OrderUnknown, StockAnswer
from orders.domain.order import PaymentMethod, PaymentStatus, Status, VoidReason


def settle(world, *answers):
    with world.app.timer._units() as unit:
        world.app.settling.settle(list(answers), unit)


def test_a_batch_is_settled_with_one_event_each(world):
    held, cash, rejected = world.placed()[0], world.placed(payment_method=PaymentMethod.COD)[0], world.placed()[0]
    settle(
        world, StockAnswer(held), StockAnswer(cash), StockAnswer(rejected, VoidReason.OUT_OF_STOCK), StockAnswer(held)
    )
    assert [world.order(one).status for one in (held, cash, rejected)] == [Status.UNPAID, Status.TO_SHIP, Status.VOID]
    assert world.told(held) == ["OrderPlaced", "OrderConfirmed"]
    assert world.told(rejected) == ["OrderPlaced", "OrderVoided"]


def test_stock_for_an_unknown_order_is_not_passed_over(world):
    with pytest.raises(OrderUnknown):
        settle(world, StockAnswer(uuid7()))


def test_time_voids_what_nobody_paid_and_only_that(world):
    late, confirming, paid = (world.unpaid()[0] for _ in range(3))
    world.order(confirming).payment = PaymentStatus.CONFIRMING
    world.order(paid).payment = PaymentStatus.CONFIRMING
    world.order(paid).paid(world.clock[0])
    world.order(paid).steps.clear()
    world.later(hours=23)
    assert world.app.timer.step() is False
    assert world.order(late).status is Status.UNPAID
    world.later(hours=2)
    fresh, _ = world.unpaid()
    world.app.timer.step()
    assert [world.order(one).status for one in (late, confirming, paid, fresh)] == [
        Status.VOID,
        Status.UNPAID,
        Status.TO_SHIP,
        Status.UNPAID,
    ]
    assert world.order(late).void_reason is VoidReason.PAYMENT_TIMEOUT
    world.app.timer.step()
    assert world.told(late).count("OrderVoided") == 1
