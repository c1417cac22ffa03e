"""Checkout and its group commit."""

from dataclasses import replace

import pytest

from chassis.errors import Invalid, Missing, Unavailable
from chassis.ids import uuid7
from orders.application.ports import StorageFault
from orders.domain.delivery import Destination
from orders.domain.errors import KeyReused, TooManyCheckouts


def take(world, *wishes):
    return world.app.checkouts.take(list(wishes), world.catalog)


def code(answer):
    return getattr(answer, "code", "taken")


def test_one_order_for_each_shop_that_is_named(world):
    shops = [world.shop() for _ in range(3)]
    for shop in shops:
        world.put(world.offer(shop), 2)
    [answer] = take(world, world.wish(*shops[:2], note="請放門口"))
    assert [order["shop_id"] for order in answer["orders"]] == [str(shop.id) for shop in shops[:2]]
    assert [order["total_price"] for order in answer["orders"]] == [280, 280]
    assert answer["orders"][0]["note"] == "請放門口"
    assert [shop["shop_id"] for shop in world.app.carts.get(world.buyer)["shops"]] == [str(shops[2].id)]
    assert [type(event).__name__ for event in world.store.events] == ["OrderPlaced", "OrderPlaced"]


def test_lines_are_frozen_as_they_were_sold(world):
    offer = world.offer(world.shop(), discount=10, refund_rule={"days": 7}, photo_url="/media/x")
    world.put(offer, 2)
    [answer] = take(world, world.wish(world.store.shops[offer.shop_id]))
    [line] = answer["orders"][0]["products"]
    assert line == {
        "line_id": "1",
        "product_id": str(offer.product_id),
        "product_variant_id": str(offer.variant_id),
        "name": offer.name,
        "options": ["紅"],
        "quantity": 2,
        "price": 100,
        "discount": 10,
        "final_price": 90,
        "refund_rule": {"days": 7},
        "photo_url": "/media/x",
    }


def test_a_repeated_key_gets_what_it_got_as_it_is_now(world):
    order_id, shop = world.placed(key="k")
    world.app.orders.cancel(world.buyer, order_id, world.catalog)
    world.later(hours=23)
    [again] = take(world, world.wish(shop, key="k"))
    assert (again["replayed"], again["orders"][0]["status"]) == (True, "void")
    [other] = take(world, world.wish(shop, key="k", fingerprint="other"))
    assert isinstance(other, KeyReused)
    [somebody_else] = take(world, world.wish(shop, key="k", by=uuid7()))
    assert code(somebody_else) == "cart_empty"


def test_a_key_is_free_after_a_day(world):
    _, shop = world.placed(key="k")
    world.later(hours=25)
    world.put(world.offer(shop))
    [answer] = take(world, world.wish(shop, key="k", fingerprint="other"))
    assert not answer["replayed"]


def test_a_refused_checkout_keeps_nothing_of_its_key(world):
    shop = world.shop()
    wish = world.wish(shop)
    assert code(take(world, wish)[0]) == "cart_empty"
    world.put(world.offer(shop))
    assert code(take(world, wish)[0]) == "taken"


def test_those_of_one_buyer_run_one_after_the_other_and_answers_keep_their_places(world):
    shop, other = world.shop(), uuid7()
    offer = world.offer(shop)
    world.put(offer)
    world.put(offer, by=other)
    wishes = [
        world.wish(shop, key="a"),
        world.wish(shop, key="b"),
        world.wish(shop, by=other),
        world.wish(shop, key="a"),
    ]
    first, second, third, fourth = take(world, *wishes)
    assert [code(one) for one in (first, second, third)] == ["taken", "cart_empty", "taken"]
    assert third["orders"][0]["buyer_id"] == str(other)
    assert (fourth["replayed"], fourth["checkout_id"]) == (True, first["checkout_id"])


def test_after_a_fault_of_the_database_each_runs_alone(world):
    shop, buyers = world.shop(), [uuid7() for _ in range(3)]
    offer = world.offer(shop)
    for buyer in buyers:
        world.put(offer, by=buyer)
    world.store.faults = [StorageFault("batch"), StorageFault("the first alone")]
    answers = take(world, *(world.wish(shop, by=buyer) for buyer in buyers))
    assert [code(one) for one in answers] == ["internal", "taken", "taken"]
    assert world.store.carts[buyers[0]]


def test_an_id_that_is_taken_costs_only_its_own_checkout(world):
    order_id, shop = world.placed()
    other = uuid7()
    offer = world.offer(shop)
    world.put(offer)
    world.put(offer, by=other)
    answers = take(world, world.wish(shop, order_ids=(order_id,)), world.wish(shop, by=other))
    assert [code(one) for one in answers] == ["id_taken", "taken"]


def test_without_a_database_everybody_is_told(world):
    shop = world.shop()
    world.put(world.offer(shop))
    world.store.faults = [Unavailable("away")]
    assert [code(one) for one in take(world, world.wish(shop))] == ["unavailable"]


@pytest.mark.parametrize(
    ("expected", "changed", "outcome"),
    [
        (None, False, "taken"),
        (180, False, "taken"),
        (179, False, "price_changed"),
        (None, True, "price_changed"),
        (180, True, "price_changed"),
        (230, True, "taken"),
    ],
)
def test_the_price_is_the_one_shown_or_the_one_agreed_to(world, expected, changed, outcome):
    shop = world.shop()
    offer = world.offer(shop)
    world.put(offer)
    if changed:
        world.store.offers[offer.variant_id] = replace(offer, price=150, price_version=2)
    [answer] = take(world, world.wish(shop, expected_total=expected))
    assert code(answer) == outcome
    if outcome == "price_changed":
        now = 150 if changed else 100
        assert answer.fields["total"] == now + 80
        assert answer.fields["lines"] == [{"variant_id": str(offer.variant_id), "price": now, "changed": changed}]
        assert world.store.carts[world.buyer]


@pytest.mark.parametrize(
    ("offer", "shop", "outcome"),
    [
        ({"listed": False}, {}, "not_listed"),
        ({}, {"state": "closed"}, "shop_closed"),
        ({}, {"shipping": ()}, "shipping_not_offered"),
        ({"min_quantity": 2}, {}, "below_min_quantity"),
        ({"methods": ("post",)}, {}, "shipping_not_offered"),
        ({"methods": ("post", "home_delivery")}, {}, "taken"),
        ({"available": 0}, {}, "taken"),  # a hint is no promise: catalog decides
    ],
)
def test_what_the_shop_does_not_do_is_refused(world, offer, shop, outcome):
    selling = world.shop()
    wanted = world.offer(selling)
    world.put(wanted)
    world.store.offers[wanted.variant_id] = replace(wanted, **offer)
    world.store.shops[selling.id] = replace(selling, **shop)
    assert code(take(world, world.wish(selling))[0]) == outcome


@pytest.mark.parametrize(
    ("offer", "shop"),
    [
        ({"listed": False}, {}),
        ({"min_quantity": 2}, {}),
        ({"methods": ("post",)}, {}),
        ({}, {"state": "closed"}),
        ({}, {"shipping": ()}),
        (None, {}),
    ],
)
def test_a_copy_that_is_behind_is_looked_at_twice(world, offer, shop):
    selling, other = world.shop(), uuid7()
    wanted = world.offer(selling)
    world.put(wanted)
    world.put(world.offer(world.shop()), by=other)
    world.catalog.known[wanted.variant_id], world.catalog.open[selling.id] = wanted, selling
    if offer is None:
        del world.store.shops[selling.id]
    else:
        world.store.offers[wanted.variant_id] = replace(wanted, **offer)
        world.store.shops[selling.id] = replace(selling, **shop)
    answers = take(world, world.wish(selling, by=other), world.wish(selling))
    assert [code(one) for one in answers] == ["cart_empty", "taken"]
    assert len(world.catalog.asked) == 1


def test_without_catalog_a_refusal_stands(world):
    shop = world.shop()
    world.put(world.offer(shop))
    world.store.shops[shop.id] = replace(shop, state="closed")
    world.catalog.away = True
    assert code(take(world, world.wish(shop))[0]) == "shop_closed"


@pytest.mark.parametrize("fault", [StorageFault("deadlock detected"), Unavailable("away")])
def test_when_a_newer_copy_cannot_be_kept_a_refusal_stands_and_others_pass(world, fault):
    other = uuid7()
    shop, sure = world.shop(), world.shop()
    offer, fine = world.offer(shop), world.offer(sure)
    world.put(offer)
    world.put(fine, by=other)
    world.catalog.known[offer.variant_id] = offer
    world.store.offers[offer.variant_id] = replace(offer, listed=False)
    world.store.copy_faults = [fault]
    answers = take(world, world.wish(shop), world.wish(sure, by=other))
    assert [code(one) for one in answers] == ["not_listed", "taken"]


def test_thirty_a_minute_and_repeats_are_free(world):
    _, shop = world.placed(key="kept")
    for _ in range(29):
        assert code(take(world, world.wish(shop))[0]) == "cart_empty"
    [limited] = take(world, world.wish(shop))
    assert isinstance(limited, TooManyCheckouts)
    assert limited.fields == {"retry_after": 60}
    assert take(world, world.wish(shop, key="kept"))[0]["replayed"]
    world.later(seconds=61)
    assert code(take(world, world.wish(shop))[0]) == "cart_empty"


@pytest.mark.parametrize(
    "change",
    [
        {"key": ""},
        {"key": "x" * 256},
        {"key": "a\0"},
        {"destinations": ()},
        {"order_ids": ()},
        {"note": "x" * 501},
    ],
)
def test_a_wish_that_can_never_be_granted_is_refused_at_once(world, change):
    with pytest.raises(Invalid):
        world.wish(world.shop(), **change)


def test_no_shop_and_no_order_id_twice(world):
    shop = world.shop()
    there = Destination.of(shop.id, "face_to_face", {"name": "王小美", "phone": "0912345678"}, None)
    with pytest.raises(Invalid):
        world.wish(shop, shop, destinations=(there, there))
    same = uuid7()
    with pytest.raises(Invalid):
        world.wish(shop, world.shop(), order_ids=(same, same))


def test_a_checkout_is_its_buyers_own(world):
    order_id, _ = world.placed()
    checkout_id = world.order(order_id).checkout_id
    assert world.app.checkouts.get(world.buyer, checkout_id)["orders"][0]["order_id"] == str(order_id)
    for by, wanted in ((uuid7(), checkout_id), (world.buyer, uuid7())):
        with pytest.raises(Missing):
            world.app.checkouts.get(by, wanted)
