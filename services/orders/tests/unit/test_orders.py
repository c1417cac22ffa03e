"""Orders after they were placed, and who may do what."""

import pytest

from chassis.errors import Invalid, Missing
from chassis.ids import uuid7
from kernel.rights import Role, RoleRequired
from orders.application import payments
from orders.domain.errors import IllegalTransition, KeyReused, NotPayableHere
from orders.domain.order import PaymentMethod, PaymentStatus, Status


def test_a_stranger_finds_nothing(world):
    order_id, _ = world.unpaid()
    orders, stranger = world.app.orders, uuid7()
    for attempt in (
        lambda by: orders.get(by, order_id, world.catalog),
        lambda by: orders.cancel(by, order_id, world.catalog),
        lambda by: orders.ship(by, order_id, None, world.catalog),
        lambda by: orders.receive(by, order_id),
        lambda by: orders.of_seller(by, None, world.order(order_id).shop_id, None, 20, world.catalog),
        lambda by: world.app.payments.pay(by, order_id, "k", "f", world.catalog),
    ):
        with pytest.raises(Missing):
            attempt(stranger)
        world.catalog.away = not world.catalog.away
    assert world.order(order_id).status is Status.UNPAID


def test_what_is_not_there_is_missing(world):
    for attempt in (
        lambda: world.app.orders.get(world.buyer, uuid7(), world.catalog),
        lambda: world.app.orders.cancel(world.buyer, uuid7(), world.catalog),
        lambda: world.app.payments.pay(world.buyer, uuid7(), "k", "f", world.catalog),
    ):
        with pytest.raises(Missing):
            attempt()


def test_a_new_colleague_whom_only_catalog_knows_may_work(world):
    order_id, shop = world.unpaid(payment_method=PaymentMethod.BANK_TRANSFER)
    helper = uuid7()
    world.catalog.staff[helper, shop.id] = Role.MANAGER
    assert world.app.orders.get(helper, order_id, world.catalog)["order_id"] == str(order_id)
    assert world.app.payments.pay(helper, order_id, "k", "f", world.catalog)["payment_status"] == "captured"
    assert world.app.orders.ship(helper, order_id, "T1", world.catalog)["status"] == "shipping"


def test_the_whole_way_of_a_bank_transfer(world):
    order_id, shop = world.unpaid(payment_method=PaymentMethod.BANK_TRANSFER)
    with pytest.raises(NotPayableHere):
        world.app.payments.pay(world.buyer, order_id, "k", "f", world.catalog)
    for _ in range(2):
        world.app.payments.pay(shop.owner_id, order_id, "k", "f", world.catalog)
        assert world.order(order_id).status is Status.TO_SHIP
    with pytest.raises(Invalid):
        world.app.orders.ship(shop.owner_id, order_id, "", world.catalog)
    world.app.orders.ship(shop.owner_id, order_id, "T1", world.catalog)
    with pytest.raises(IllegalTransition):
        world.app.orders.cancel(world.buyer, order_id, world.catalog)
    assert world.app.orders.receive(world.buyer, order_id)["status"] == "completed"
    assert world.told(order_id) == ["OrderPlaced", "OrderConfirmed", "OrderPaid", "OrderShipped", "OrderCompleted"]
    assert [step.version for step in world.store.steps[order_id]] == [1, 2, 3, 4, 5]


def test_a_key_stands_for_one_transfer_for_a_day(world):
    order_id, shop = world.unpaid(payment_method=PaymentMethod.BANK_TRANSFER)
    other_id, _ = world.unpaid(shop, payment_method=PaymentMethod.BANK_TRANSFER)
    for _ in range(2):
        seen = world.app.payments.pay(shop.owner_id, order_id, "k", "f", world.catalog)
        assert seen["payment_status"] == "captured"
    for order, fingerprint in ((other_id, "f"), (order_id, "another")):
        with pytest.raises(KeyReused):
            world.app.payments.pay(shop.owner_id, order, "k", fingerprint, world.catalog)
    assert world.order(other_id).status is Status.UNPAID
    assert world.told(order_id).count("OrderPaid") == 1
    world.later(hours=24, seconds=1)
    world.app.payments.pay(shop.owner_id, other_id, "k", "f", world.catalog)
    assert world.order(other_id).status is Status.TO_SHIP


def test_keys_that_stand_for_nothing_any_more_are_forgotten(world, monkeypatch):
    monkeypatch.setattr(payments, "MOST_DEAD_KEYS", 2)
    shop = world.shop()
    for number in range(3):
        order_id, _ = world.unpaid(shop, payment_method=PaymentMethod.BANK_TRANSFER)
        world.app.payments.pay(shop.owner_id, order_id, f"old-{number}", "f", world.catalog)
    world.later(hours=24, seconds=1)
    order_id, _ = world.unpaid(shop, payment_method=PaymentMethod.BANK_TRANSFER)
    world.app.payments.pay(shop.owner_id, order_id, "new", "f", world.catalog)
    assert [world.app.dead_keys.step() for _ in range(3)] == [True, False, False]
    assert [key for _, key in world.store.payment_keys] == ["new"]


def test_a_refused_request_leaves_its_key_free(world):
    order_id, shop = world.placed(payment_method=PaymentMethod.BANK_TRANSFER)
    with pytest.raises(IllegalTransition):
        world.app.payments.pay(shop.owner_id, order_id, "k", "f", world.catalog)
    other_id, _ = world.unpaid(shop, payment_method=PaymentMethod.BANK_TRANSFER)
    assert world.app.payments.pay(shop.owner_id, other_id, "k", "f", world.catalog)["payment_status"] == "captured"


def test_a_pending_bank_transfer_is_not_received_yet(world):
    order_id, shop = world.placed(payment_method=PaymentMethod.BANK_TRANSFER)
    with pytest.raises(IllegalTransition):
        world.app.payments.pay(shop.owner_id, order_id, "k", "f", world.catalog)


def test_who_called_it_off_is_kept(world):
    order_id, shop = world.unpaid()
    for by in (shop.owner_id, world.buyer):
        seen = world.app.orders.cancel(by, order_id, world.catalog)
        assert (seen["void_reason"], seen["voided_by"]) == ("cancelled_by_seller", str(shop.owner_id))
    assert world.told(order_id).count("OrderVoided") == 1


def test_a_paid_order_that_is_called_off_asks_for_its_money_back(world):
    order_id, shop = world.unpaid(payment_method=PaymentMethod.BANK_TRANSFER)
    world.app.payments.pay(shop.owner_id, order_id, "k", "f", world.catalog)
    world.app.orders.cancel(world.buyer, order_id, world.catalog)
    assert world.order(order_id).payment is PaymentStatus.REFUNDING
    with pytest.raises(Missing):
        world.app.payments.given_back(world.buyer, order_id, world.catalog)
    for _ in range(2):
        seen = world.app.payments.given_back(shop.owner_id, order_id, world.catalog)
        assert seen["payment_status"] == "refunded"


def test_only_a_bank_transfer_that_was_called_off_is_given_back_by_hand(world):
    order_id, shop = world.unpaid(payment_method=PaymentMethod.BANK_TRANSFER)
    with pytest.raises(IllegalTransition):
        world.app.payments.given_back(shop.owner_id, order_id, world.catalog)
    other, its_shop = world.unpaid()
    with pytest.raises(NotPayableHere):
        world.app.payments.given_back(its_shop.owner_id, other, world.catalog)


def test_the_dashboard_names_every_status(world):
    _, shop = world.unpaid()
    seen = world.app.orders.dashboard(shop.owner_id)
    assert seen["counts"] == {**dict.fromkeys(map(str, Status), 0), "unpaid": 1}


def test_pages_carry_a_cursor_while_there_is_more(world):
    shop = world.shop()
    for _ in range(3):
        world.put(world.offer(shop))
        world.app.checkouts.take([world.wish(shop)], world.catalog)
    page = world.app.orders.mine(world.buyer, None, None, None, 2)
    assert (len(page["items"]), page["next_cursor"]) == (2, page["items"][-1]["order_id"])
    assert world.app.orders.of_seller(shop.owner_id, None, shop.id, None, 3, world.catalog)["next_cursor"] is None


def test_a_packer_sees_and_ships_and_touches_no_money(world):
    order_id, shop = world.unpaid(payment_method=PaymentMethod.BANK_TRANSFER)
    packer = uuid7()
    world.store.shops[shop.id].staff[packer] = Role.PACKER
    for attempt in (
        lambda: world.app.orders.cancel(packer, order_id, world.catalog),
        lambda: world.app.payments.pay(packer, order_id, "k", "f", world.catalog),
        lambda: world.app.payments.given_back(packer, order_id, world.catalog),
    ):
        world.catalog.staff[packer, shop.id] = Role.PACKER
        with pytest.raises(RoleRequired):
            attempt()
        world.catalog.away = not world.catalog.away  # the copy alone says the same
    world.app.payments.pay(shop.owner_id, order_id, "k", "f", world.catalog)
    assert world.app.orders.dashboard(packer)["revenue_today"] is None
    assert world.app.orders.dashboard(shop.owner_id)["revenue_today"] is not None
    assert world.app.orders.of_seller(packer, None, None, None, 20, world.catalog)["items"] != []
    assert world.app.orders.ship(packer, order_id, None, world.catalog)["status"] == "shipping"


def test_a_promotion_that_only_catalog_knows_counts(world):
    order_id, shop = world.unpaid()
    helper = uuid7()
    world.store.shops[shop.id].staff[helper] = Role.PACKER
    world.catalog.staff[helper, shop.id] = Role.MANAGER
    assert world.app.orders.cancel(helper, order_id, world.catalog)["status"] == "void"
