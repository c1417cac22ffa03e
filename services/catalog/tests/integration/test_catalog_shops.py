"""Shops over the bus: opened once, run by their people, taken off the market with their owner's sellerhood."""

from datetime import timedelta

import pytest

from chassis.clock import now, rfc3339
from chassis.errors import Kind, Refusal
from chassis.ids import uuid7
from contracts import users
from yeshi_local.kit.world import as_user


def seller_changed(user: str, state: str, version: int) -> users.SellerChangedV1:
    return users.SellerChangedV1(
        user_id=user, version=version, state=state, display_name="林記", changed_at="2026-12-01T00:00:00Z"
    )


def test_a_seller_is_asked_for_once_and_the_same_shop_opened_twice_is_one(market):
    owner, asked = market.seller(), market.users.asked
    shop = market.shop(owner)
    assert (shop["state"], shop["owner_id"], shop["version"]) == ("open", owner, 1)
    assert shop["shipping"] == [{"method": "home_delivery", "fee": 80, "free_from": 1500}]
    assert market.shop(owner, shop_id=shop["shop_id"], name="別的名字") == shop
    assert market.users.asked == asked + 1
    assert len(market.emitted("catalog.shop_changed.v1", shop["shop_id"])) == 1


def test_anothers_shop_id_and_a_user_who_is_no_seller_are_refused(market):
    shop = market.shop()
    with pytest.raises(Refusal) as refused:
        market.shop(market.seller(), shop_id=shop["shop_id"])
    assert refused.value.kind is Kind.MISSING
    with pytest.raises(Refusal) as refused:
        market.shop(str(uuid7()))
    assert refused.value.code == "seller_required"
    with pytest.raises(Refusal) as refused:
        market.call("create_shop", None, shop_id=str(uuid7()), name="無名", kind="茶行", address={})
    assert refused.value.kind is Kind.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"kind": "茶" * 31}, "kind"),
        ({"name": "a\u0000b"}, "name"),
        ({"address": {"city": "臺北市"}}, "address"),
        ({"shop_id": "7"}, "shop_id"),
    ],
)
def test_what_does_not_fit_is_named(market, values, field):
    with pytest.raises(Refusal) as refused:
        market.shop(**values)
    assert (refused.value.code, refused.value.fields["field"]) == ("invalid", field)


def test_staff_roles(market):
    shop = market.shop()
    owner, stranger = shop["owner_id"], str(uuid7())
    manager, packer = market.hire(shop, "manager"), market.hire(shop, "packer")
    where = {"shop_id": shop["shop_id"]}
    people = market.call("list_staff", packer, **where)["items"]
    assert {one["user_id"]: one["role"] for one in people} == {owner: "owner", manager: "manager", packer: "packer"}

    assert market.call("patch_shop", manager, **where, name="新名字")["name"] == "新名字"
    for who, code in ((packer, "role_required"), (stranger, "not_found")):
        with pytest.raises(Refusal) as refused:
            market.call("patch_shop", who, **where, name="搶來的")
        assert refused.value.code == code
    with pytest.raises(Refusal) as refused:
        market.call("put_staff", packer, **where, user_id=packer, role="manager")
    assert refused.value.code == "role_required"
    with pytest.raises(Refusal) as refused:
        market.call("delete_staff", owner, **where, user_id=owner)
    assert refused.value.code == "owner_stays"

    product = market.product(shop)
    assert market.call("patch_product", manager, product_id=product["product_id"], price=700)["price"] == 700
    with pytest.raises(Refusal) as refused:
        market.call("patch_product", packer, product_id=product["product_id"], price=1)
    assert refused.value.code == "role_required"
    market.call("delete_staff", owner, **where, user_id=packer)
    with pytest.raises(Refusal) as refused:
        market.call("get_product", packer, product_id=product["product_id"])
    assert refused.value.kind is Kind.MISSING
    [*_, last] = market.emitted("catalog.shop_changed.v1", shop["shop_id"])
    assert {one["user_id"] for one in last["staff"]} == {owner, manager}


def test_a_stale_change_is_told_and_an_empty_one_makes_no_version(market):
    shop = market.shop()
    change = {"shop_id": shop["shop_id"], "expected_version": 1}
    assert market.call("patch_shop", shop["owner_id"], **change, name=shop["name"])["version"] == 1
    assert market.call("patch_shop", shop["owner_id"], **change, name="二號店")["version"] == 2
    with pytest.raises(Refusal) as refused:
        market.call("patch_shop", shop["owner_id"], **change, name="三號店")
    assert (refused.value.code, refused.value.kind) == ("stale_version", Kind.CONFLICT)


def test_strangers_see_the_town_only_and_of_a_closed_shop_nothing(market):
    shop = market.shop()
    assert market.call("get_shop", None, shop_id=shop["shop_id"])["address"] == {"city": "臺北市", "district": "大同區"}
    market.call("patch_shop", shop["owner_id"], shop_id=shop["shop_id"], state="closed")
    assert market.call("get_shops", None, ids=[shop["shop_id"], "x"]) == {"items": {}}
    assert market.call("get_shop", shop["owner_id"], shop_id=shop["shop_id"])["state"] == "closed"


def test_a_suspended_sellers_products_leave_the_market_and_come_back(market):
    product = market.product(stock=5)
    owner, product_id = product["seller_id"], product["product_id"]
    variant = product["variants"][0]["product_variant_id"]

    def on_sale() -> bool:
        found = market.call("get_products", None, ids=[product_id])["items"]
        offers = market.call("get_offers", None, ids=[variant])["items"]
        assert offers[variant]["listed"] is (product_id in found)
        return product_id in found

    assert on_sale()
    market.tell(seller_changed(owner, "suspended", 3))
    assert not on_sale()
    assert market.call("get_product", owner, product_id=product_id)["state"] == "listed"
    [*_, last] = market.emitted("catalog.shop_changed.v1", product["shop_id"])
    assert last["state"] == "suspended"
    market.tell(seller_changed(owner, "approved", 2))  # older news
    assert not on_sale()
    market.tell(seller_changed(owner, "approved", 4))
    assert on_sale()
    assert [one["state"] for one in market.emitted("catalog.shop_changed.v1", product["shop_id"])] == [
        "open",
        "suspended",
        "open",
    ]


def test_a_suspended_seller_opens_no_shop_whatever_users_said_before(market):
    owner = market.seller()
    market.shop(owner)
    market.tell(seller_changed(owner, "suspended", 9))
    with pytest.raises(Refusal) as refused:
        market.shop(owner)  # the directory still answers version 1, approved
    assert refused.value.code == "seller_required"
    market.seller_says(owner, "approved", 10)
    shop = market.shop(owner)
    assert shop["state"] == "open"
    mine = market.call("list_my_shops", owner, limit=1)
    assert [one["state"] for one in mine["items"]] == ["open"]
    rest = market.call("list_my_shops", owner, limit=1, cursor=mine["next_cursor"])
    assert [one["shop_id"] for one in mine["items"] + rest["items"]] == sorted(
        one["shop_id"] for one in mine["items"] + rest["items"]
    )
    assert (rest["items"][0]["role"], rest["next_cursor"]) == ("owner", None)


def test_a_users_that_does_not_answer_is_unavailable(market):
    owner = market.seller()
    market.users.silent.add(owner)
    with pytest.raises(Refusal) as refused:
        market.shop(owner)
    assert refused.value.kind is Kind.UNAVAILABLE
    market.users.silent.clear()
    assert market.shop(owner)["owner_id"] == owner


def test_a_shops_page_is_kept_and_told(market):
    shop = market.shop()
    where = {"shop_id": shop["shop_id"]}
    changed = market.call(
        "patch_shop", shop["owner_id"], **where, introduction="百年老店", days_to_ship=4, holiday={"until": None}
    )
    assert (changed["introduction"], changed["days_to_ship"], changed["holiday"]) == ("百年老店", 4, {"until": None})
    picture = {"photo_id": str(uuid7()), "url": "/media/logo.webp"}
    shown = market.call("put_shop_picture", shop["owner_id"], **where, kind="logo", picture=picture)
    assert (shown["logo"], shown["cover"], shown["version"]) == (picture, None, 3)
    assert market.call("get_shop", None, **where)["logo"] == picture
    assert market.product(shop)["days_to_ship"] == 4
    until = rfc3339(now() + timedelta(days=3))[:10]
    back = market.call("patch_shop", shop["owner_id"], **where, holiday={"until": until})
    assert back["holiday"] == {"until": until}
    ended = market.call("patch_shop", shop["owner_id"], **where, holiday=None)
    assert (ended["holiday"], ended["introduction"]) == (None, "百年老店")
    told = [one["holiday"] for one in market.emitted("catalog.shop_changed.v1", shop["shop_id"])]
    assert told == [None, {"until": None}, {"until": None}, {"until": until}, None]


def test_an_invitation_by_address_is_for_who_has_proved_it(market):
    shop, user, address = market.shop(), str(uuid7()), f"{uuid7()}@example.com"
    where = {"shop_id": shop["shop_id"]}
    invited = market.call(
        "invite_staff", shop["owner_id"], **where, invitation_id=str(uuid7()), role="packer", email=address.upper()
    )
    invitation = {"invitation_id": invited["invitation_id"]}
    assert market.users.letters[-1] == {**invitation, "email": address}
    again = market.call(
        "invite_staff", shop["owner_id"], **where, invitation_id=str(uuid7()), role="manager", email=address
    )
    assert (again["invitation_id"], again["role"]) == (invited["invitation_id"], "manager")
    assert [one["email"] for one in market.call("list_invitations", shop["owner_id"], **where)["items"]] == [address]
    for method in ("accept_invitation", "decline_invitation"):
        with pytest.raises(Refusal) as refused:
            market.call(method, user, **invitation)
        assert refused.value.code == "not_found"
    market.users.emails[user] = address
    [mine] = market.call("list_my_invitations", user)["items"]
    assert (mine["shop_name"], mine["role"]) == (shop["name"], "manager")
    for _ in range(2):
        assert market.call("accept_invitation", user, **invitation)["state"] == "accepted"
    assert market.call("list_my_invitations", user)["items"] == []
    [[kept]] = market.rows("SELECT email FROM shop_invitations WHERE invitation_id = %s", invited["invitation_id"])
    assert kept is None
    [answered] = market.emitted("catalog.invitation_answered.v1", invited["invitation_id"])
    assert (answered["user_id"], answered["answer"]) == (user, "accepted")
    with pytest.raises(Refusal) as refused:
        market.call("revoke_invitation", shop["owner_id"], **where, **invitation)
    assert refused.value.code == "invitation_over"


def test_two_who_invite_the_same_user_at_once_make_one_invitation(market):
    shop, user = market.shop(), str(uuid7())
    calls = [
        ("invite_staff", as_user(shop["owner_id"]), {**asked, "role": "packer", "user_id": user})
        for asked in ({"shop_id": shop["shop_id"], "invitation_id": str(uuid7())} for _ in range(4))
    ]
    answers = market.together(*calls)
    assert len({one["invitation_id"] for one in answers}) == 1
    assert len(market.emitted("catalog.staff_invited.v1", answers[0]["invitation_id"])) == 1


def test_a_shop_is_handed_over(market):
    shop = market.shop()
    heir = market.hire(shop, "manager")
    asked = {"shop_id": shop["shop_id"], "invitation_id": str(uuid7()), "role": "owner", "user_id": heir}
    market.call("invite_staff", shop["owner_id"], **asked)
    with pytest.raises(Refusal) as refused:
        market.call("accept_invitation", heir, invitation_id=asked["invitation_id"])
    assert refused.value.code == "seller_required"
    market.seller_says(heir, "approved", 1)
    market.call("accept_invitation", heir, invitation_id=asked["invitation_id"])
    seen = market.call("get_shop", heir, shop_id=shop["shop_id"])
    assert (seen["owner_id"], seen["staff"]) == (
        heir,
        sorted(
            [{"user_id": shop["owner_id"], "role": "manager"}, {"user_id": heir, "role": "owner"}],
            key=lambda one: one["user_id"],
        ),
    )
    market.call("delete_staff", shop["owner_id"], shop_id=shop["shop_id"], user_id=shop["owner_id"])
    market.tell(seller_changed(heir, "suspended", 2))
    assert market.call("get_shop", heir, shop_id=shop["shop_id"])["state"] == "suspended"
