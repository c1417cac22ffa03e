"""Who hears what."""

from uuid import uuid4

import pytest

from notify.domain.rules import RULES, TYPES, Kind, rings_of
from notify.domain.texts_zh_tw import REASONS


def heard(news, shops=None):
    return [(one.user_id, one.type) for one in rings_of([news], shops or {}, {}, uuid4)]


def test_every_kind_of_news_has_a_line_in_the_table():
    assert set(RULES) == set(Kind)
    assert len(TYPES) == 12


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        (Kind.ORDER_CONFIRMED, ["seller", "clerk"]),
        (Kind.ORDER_PAID, ["seller", "clerk"]),
        (Kind.ORDER_SHIPPED, ["buyer"]),
        (Kind.ORDER_COMPLETED, ["seller"]),
        (Kind.ORDER_VOIDED, ["buyer", "seller", "clerk"]),
        (Kind.STOCK_LOW, ["seller", "clerk"]),
        (Kind.SELLER_APPROVED, ["seller"]),
        (Kind.SELLER_REJECTED, ["seller"]),
        (Kind.SELLER_SUSPENDED, ["seller"]),
        (Kind.INVITATION_ACCEPTED, ["seller"]),
        (Kind.INVITATION_DECLINED, ["seller"]),
    ],
)
def test_news_ring_those_whom_the_table_names(world, kind, who):
    world.ring(world.news(kind))
    assert {name for name in ("seller", "clerk", "buyer") if world.rang(getattr(world, name))} == set(who)


def test_a_shop_that_is_not_known_still_rings_its_seller(world):
    assert heard(world.news(shop_id=uuid4())) == [(world.seller, "order.new")]


@pytest.mark.parametrize("by", ["seller", "buyer", "clerk"])
def test_who_voided_an_order_hears_nothing_of_it(world, by):
    world.ring(world.news(Kind.ORDER_VOIDED, by=getattr(world, by), reason="cancelled_by_seller"))
    silent = [name for name in ("seller", "buyer", "clerk") if not world.rang(getattr(world, name))]
    assert silent == [by]


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_shop_hears_of_the_end_of_orders_it_had_heard_of(world, reason):
    world.ring(world.news(Kind.ORDER_VOIDED, reason=reason))
    announced = reason not in ("out_of_stock", "price_changed", "not_listed")
    assert bool(world.rang(world.seller)) == announced
    assert world.rang(world.buyer) == ["order.voided"]
    [note] = [one for one in world.store.notifications.values() if one.user_id == world.buyer]
    assert REASONS[reason] in note.body


def test_one_person_in_two_roles_hears_an_event_once(world):
    assert heard(world.news(Kind.ORDER_VOIDED, buyer_id=world.seller)) == [(world.seller, "order.voided")]


def test_words_name_the_shop_the_amount_and_what_to_do(world):
    world.ring(world.news(total=12800), world.news(status="to_ship", shop_id=uuid4()))
    first, second = [one for one in world.store.notifications.values() if one.user_id == world.seller]
    assert (first.title, first.body) == ("新訂單 NT$12,800", "「寧夏茶行」有一筆新訂單，買家尚未付款，付款後請出貨。")
    assert second.body == "賣場有一筆新訂單，貨到付款，請準備出貨。"


def test_who_is_invited_hears_it_and_nobody_else(world):
    guest = uuid4()
    world.ring(world.news(Kind.STAFF_INVITED, guest_id=guest, by=world.seller))
    assert world.rang(guest) == ["staff.invited"]
    assert not world.rang(world.seller)
    assert not world.rang(world.clerk)
    [note] = [one for one in world.store.notifications.values() if one.user_id == guest]
    assert (note.body, note.link) == ("「寧夏茶行」邀請你一起工作，請在 7 天內接受或婉拒。", "/account/invitations")
