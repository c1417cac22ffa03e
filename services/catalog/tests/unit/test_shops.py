"""Opening shops and running them."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from catalog.application.ports import SellerCopy
from catalog.application.shops import ChangeShop, OpenShop
from catalog.domain.errors import OwnerStays, SellerRequired
from catalog.domain.events import ShopChanged
from catalog.domain.shop_page import Picture, PictureKind, Shipping, ShippingMethod
from chassis.errors import Invalid, Missing, StaleVersion
from kernel.rights import Role, RoleRequired

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
ADDRESS = {"city": "臺北市", "district": "大同區", "postal_code": "103", "line": "寧夏路 1 號"}


def change(world, shop_id, by=None, **values):
    return world.app.shops.change(ChangeShop(by=by or world.seller, shop_id=shop_id, **values))


def test_a_new_shop_ships_to_homes_for_80_and_free_from_1500(world):
    view = world.app.shops.get(world.seller, world.shop())
    assert view["state"] == "open"
    assert view["shipping"] == [{"method": "home_delivery", "fee": 80, "free_from": 1500}]
    assert view["staff"] == [{"user_id": str(world.seller), "role": "owner"}]
    assert view["address"] == ADDRESS


def test_the_same_shop_opened_twice_is_one(world):
    shop_id = world.shop()
    command = OpenShop(world.seller, shop_id, "另一個名字", "茶行", ADDRESS)
    assert world.app.shops.open(command, world.directory)["name"] == "寧夏茶行"
    assert len(world.heard(ShopChanged)) == 1


def test_anothers_shop_id_names_nothing(world):
    other = uuid4()
    world.store.sellers[other] = SellerCopy(other, "approved", 1)
    with pytest.raises(Missing):
        world.app.shops.open(OpenShop(other, world.shop(), "茶", "茶", ADDRESS), world.directory)


@pytest.mark.parametrize("copy_", [None, "pending", "rejected", "suspended"])
def test_a_missing_or_refusing_copy_is_checked_with_users_once(world, copy_):
    user = uuid4()
    if copy_:
        world.store.sellers[user] = SellerCopy(user, copy_, 1)
    with pytest.raises(SellerRequired):
        world.shop(by=user)
    assert world.directory.asked == 1
    world.directory.sellers[user] = SellerCopy(user, "approved", 2)
    world.shop(by=user)
    assert world.directory.asked == 2
    world.shop(by=user)
    assert world.directory.asked == 2  # the copy is enough now


def test_losing_sellerhood_suspends_every_shop_and_regaining_it_opens_them(world):
    shop_id = world.shop()
    change(world, world.shop(), state="closed")
    with world.unit() as unit:
        world.app.sellerhood.heard([SellerCopy(world.seller, "suspended", 3)], unit)
    assert {shop.state for shop in world.store.shops.values()} == {"suspended"}
    with world.unit() as unit:
        world.app.sellerhood.heard([SellerCopy(world.seller, "approved", 2)], unit)  # older news
    assert world.store.shops[shop_id].state == "suspended"
    with world.unit() as unit:
        world.app.sellerhood.heard(
            [SellerCopy(world.seller, "approved", 5), SellerCopy(world.seller, "suspended", 4)], unit
        )
    assert sorted(shop.state for shop in world.store.shops.values()) == ["closed", "open"]


def test_strangers_see_the_town_of_an_open_shop_and_nothing_of_a_closed_one(world):
    shop_id = world.shop()
    seen = world.app.shops.get(uuid4(), shop_id)
    assert seen["address"] == {"city": "臺北市", "district": "大同區"}
    assert "staff" not in seen
    change(world, shop_id, state="closed")
    with pytest.raises(Missing):
        world.app.shops.get(None, shop_id)
    assert world.app.shops.get(world.seller, shop_id)["state"] == "closed"


def test_a_change_is_one_version_and_no_change_is_none(world):
    shop_id = world.shop()
    shipping = (Shipping(ShippingMethod.STORE_711, 60), Shipping(ShippingMethod.POST, 100, 2000))
    view = change(world, shop_id, name="新名字", kind="茶", shipping=shipping, address={**ADDRESS, "line": "2 號"})
    assert (view["version"], view["name"], view["kind"]) == (2, "新名字", "茶")
    assert change(world, shop_id, name="新名字", expected_version=2)["version"] == 2
    assert [event.shop.version for event in world.heard(ShopChanged)] == [1, 2]
    with pytest.raises(StaleVersion):
        change(world, shop_id, name="x", expected_version=1)


@pytest.mark.parametrize(
    "values",
    [
        {"name": " "},
        {"name": "x" * 61},
        {"name": "a\0b"},
        {"name": "\ud800"},
        {"kind": "x" * 31},
        {"shipping": ()},
        {"shipping": (Shipping(ShippingMethod.POST, 1), Shipping(ShippingMethod.POST, 2))},
        {"shipping": (Shipping(ShippingMethod.POST, -1),)},
        {"shipping": (Shipping(ShippingMethod.POST, 1, -1),)},
        {"address": {**ADDRESS, "more": "x"}},
        {"address": {**ADDRESS, "postal_code": "1O3"}},
        {"address": {**ADDRESS, "city": ""}},
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(world, values):
    shop_id = world.shop()
    with pytest.raises(Invalid):
        change(world, shop_id, **values)
    assert world.app.shops.get(world.seller, shop_id)["version"] == 1


def test_staff_get_rights_and_lose_them(world):
    shop_id = world.shop()
    manager, helper = world.hire(shop_id, Role.MANAGER), world.hire(shop_id, Role.PACKER)
    items = world.app.shops.staff(helper, shop_id)["items"]
    assert {item["role"] for item in items} == {"owner", "manager", "packer"}
    assert change(world, shop_id, by=manager, name="經理改的")["name"] == "經理改的"
    for attempt in (
        lambda: change(world, shop_id, by=helper, name="x"),
        lambda: change(world, shop_id, by=manager, state="closed"),
        lambda: world.app.shops.put_staff(helper, shop_id, helper, Role.MANAGER),
        lambda: world.app.shops.delete_staff(helper, shop_id, manager),
    ):
        with pytest.raises(RoleRequired):
            attempt()
    with pytest.raises(Missing):
        change(world, shop_id, by=uuid4(), name="x")
    world.app.shops.put_staff(manager, shop_id, helper, Role.MANAGER)
    for _ in range(2):
        world.app.shops.delete_staff(helper, shop_id, manager)
    with pytest.raises(Missing):
        change(world, shop_id, by=manager, name="x")
    with pytest.raises(Missing):
        world.app.shops.staff(manager, shop_id)


def test_nobody_gets_a_role_without_having_accepted_it(world):
    shop_id = world.shop()
    with pytest.raises(Missing):
        world.app.shops.put_staff(world.seller, shop_id, uuid4(), Role.PACKER)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.PACKER])
def test_whoever_wants_to_leaves(world, role):
    shop_id = world.shop()
    helper = world.hire(shop_id, role)
    assert world.app.shops.delete_staff(helper, shop_id, helper)["items"] == [
        {"user_id": str(world.seller), "role": "owner"}
    ]
    with pytest.raises(Missing):
        world.app.shops.delete_staff(helper, shop_id, helper)


def test_the_owner_stays(world):
    shop_id = world.shop()
    for attempt in (
        lambda: world.app.shops.put_staff(world.seller, shop_id, world.seller, Role.PACKER),
        lambda: world.app.shops.delete_staff(world.seller, shop_id, world.seller),
        lambda: world.app.shops.delete_staff(world.hire(shop_id, Role.MANAGER), shop_id, world.seller),
    ):
        with pytest.raises(OwnerStays):
            attempt()


def test_a_shop_has_fifty_staff_at_most(world):
    shop_id = world.shop()
    for _ in range(50):
        world.hire(shop_id, Role.PACKER)
    with pytest.raises(Invalid):
        world.hire(shop_id, Role.PACKER)


def test_my_shops_are_those_where_i_have_a_role(world):
    mine = [world.shop() for _ in range(3)]
    helper = world.hire(mine[0], Role.PACKER)
    first = world.app.shops.mine(world.seller, None, 2)
    assert len(first["items"]) == 2
    rest = world.app.shops.mine(world.seller, sorted(mine)[1], 2)
    assert {item["shop_id"] for item in first["items"] + rest["items"]} == {str(one) for one in mine}
    assert rest["next_cursor"] is None
    assert [item["role"] for item in world.app.shops.mine(helper, None, 20)["items"]] == ["packer"]


# -- its page --


def test_a_shop_says_what_it_is_and_when_its_goods_leave(world, make_product):
    shop_id = world.shop()
    view = change(world, shop_id, introduction=" 百年老店\r\n現泡現喝 ", days_to_ship=5)
    assert (view["introduction"], view["days_to_ship"]) == ("百年老店\n現泡現喝", 5)
    assert make_product(shop_id, days_to_ship=None)["days_to_ship"] == 5
    assert make_product(shop_id, days_to_ship=1)["days_to_ship"] == 1
    assert change(world, shop_id, introduction="")["introduction"] == ""


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"introduction": "茶" * 2001}, "introduction"),
        ({"introduction": "a\0b"}, "introduction"),
        ({"days_to_ship": 0}, "days_to_ship"),
        ({"days_to_ship": 31}, "days_to_ship"),
        ({"rests": True, "rests_until": "2026-11-30"}, "holiday.until"),
        ({"rests": True, "rests_until": "2027-12-31"}, "holiday.until"),
        ({"rests": True, "rests_until": "明天"}, "holiday.until"),
        ({"address": {**ADDRESS, "city": "東京都"}}, "address.city"),
        ({"address": {**ADDRESS, "postal_code": "104"}}, "address.postal_code"),
    ],
)
def test_what_does_not_fit_a_page_is_named(world, values, field):
    shop_id = world.shop()
    with pytest.raises(Invalid) as refused:
        change(world, shop_id, **values)
    assert refused.value.fields["field"] == field


def test_a_holiday_ends_by_itself_after_its_last_day_in_taiwan(world):
    shop_id = world.shop()
    assert change(world, shop_id, rests=True, rests_until="2026-12-02")["holiday"] == {"until": "2026-12-02"}
    assert change(world, shop_id, name="新名字")["holiday"] == {"until": "2026-12-02"}
    world.now = NOON.replace(day=2, hour=15, minute=59)
    assert world.app.shops.get(None, shop_id)["holiday"] is not None
    world.now = NOON.replace(day=2, hour=16)
    assert world.app.shops.get(None, shop_id)["holiday"] is None
    assert change(world, shop_id, rests=True)["holiday"] == {"until": None}
    assert change(world, shop_id, rests=False)["holiday"] is None


def test_what_a_shop_on_holiday_has_listed_stays_to_be_seen(world, listed):
    shop_id = world.shop()
    product = listed(shop_id=shop_id)
    change(world, shop_id, rests=True)
    assert world.app.reading.product(None, UUID(product["product_id"]))["state"] == "listed"


def test_a_shop_shows_a_logo_and_a_cover(world):
    shop_id, photo = world.shop(), uuid4()
    for kind in PictureKind:
        view = world.app.shops.show(world.seller, shop_id, kind, Picture(photo, f"/media/{kind}.webp"))
        assert view[kind.value] == {"photo_id": str(photo), "url": f"/media/{kind}.webp"}
    view = world.app.shops.show(world.seller, shop_id, PictureKind.LOGO, None)
    assert (view["logo"], view["cover"]["url"]) == (None, "/media/cover.webp")
    packer = world.hire(shop_id, Role.PACKER)
    for attempt in (
        lambda: world.app.shops.show(packer, shop_id, PictureKind.LOGO, None),
        lambda: world.app.shops.may_show(packer, shop_id, PictureKind.LOGO),
    ):
        with pytest.raises(RoleRequired):
            attempt()
    logo, cover = (world.app.shops.may_show(world.seller, shop_id, kind) for kind in PictureKind)
    assert (logo["product_id"], logo["variant_id"]) == (str(shop_id), logo["metadata_id"])
    assert logo["metadata_id"] != cover["metadata_id"]
