"""On what terms products are sold, and the numbers under their bar codes."""

from uuid import UUID

import pytest

from catalog.application.products import ChangeProduct
from catalog.application.shops import ChangeShop
from catalog.application.variants import ChangeVariant
from catalog.domain.errors import NotListable
from catalog.domain.gtin import gtin
from catalog.domain.shop_page import Shipping, ShippingMethod
from catalog.domain.terms import EXCLUSIONS, GroupBuy, Package
from chassis.errors import Invalid


def change(world, product, **terms):
    command = ChangeProduct(by=world.seller, product_id=UUID(product["product_id"]), terms=terms)
    return world.app.products.change(command)


def test_a_product_has_usual_terms(make_product):
    product = make_product()
    assert product["refund_rules"] == {"days": 7, "return_shipping": "buyer", "exclusions": [], "note": ""}
    assert (product["min_quantity"], product["days_to_ship"], product["shipping_methods"]) == (1, 2, None)
    assert product["weight_g"] is product["package_cm"] is product["group_buy"] is None


def test_terms_are_kept_changed_and_taken_away(world, make_product):
    product = make_product(
        min_quantity=2,
        weight_g=150,
        package_cm=Package(12, 8, 5),
        shipping_methods=(ShippingMethod.HOME_DELIVERY,),
        group_buy=GroupBuy(20, 15, 72),
    )
    assert product["package_cm"] == {"length": 12, "width": 8, "height": 5}
    assert product["group_buy"] == {"min_quantity": 20, "percent_off": 15, "open_hours": 72}
    after = change(world, product, weight_g=None, package_cm=None, group_buy=None, shipping_methods=None)
    assert after["weight_g"] is after["package_cm"] is after["group_buy"] is after["shipping_methods"] is None
    assert after["min_quantity"] == 2


@pytest.mark.parametrize(
    "terms",
    [
        {"min_quantity": 0},
        {"min_quantity": 1001},
        {"min_quantity": True},
        {"weight_g": 0},
        {"weight_g": 1_000_001},
        {"weight_g": 1.5},
        {"shipping_methods": ()},
        {"shipping_methods": (ShippingMethod.HOME_DELIVERY,) * 2},
        {"shipping_methods": (ShippingMethod.STORE_711,)},  # the shop does not ship by it
        {"refund_rules": {"days": 6}},
        {"refund_rules": {"days": 91}},
        {"refund_rules": {"days": "7"}},
        {"refund_rules": {"days": None}},
        {"refund_rules": {"return_shipping": "platform"}},
        {"refund_rules": {"exclusions": ["whim"]}},
        {"refund_rules": {"exclusions": ["perishable", "perishable"]}},
        {"refund_rules": {"exclusions": "perishable"}},
        {"refund_rules": {"note": 7}},
        {"refund_rules": {"note": "x" * 501}},
        {"refund_rules": {"other": 1}},
    ],
)
def test_terms_that_do_not_fit_are_refused_by_both_doors(world, make_product, terms):
    with pytest.raises(Invalid):
        make_product(**terms)
    product = make_product()
    with pytest.raises(Invalid):
        change(world, product, **terms)


@pytest.mark.parametrize("sizes", [(0, 1, 1), (1, 1001, 1), (1, 1, True), (1, 1, 2.5)])
def test_a_package_has_sides(sizes):
    with pytest.raises(Invalid):
        Package(*sizes)


@pytest.mark.parametrize("numbers", [(1, 10, 24), (2, 0, 24), (2, 91, 24), (2, 10, 0), (2, 10, 721)])
def test_a_group_buy_has_a_threshold_a_gain_and_an_end(numbers):
    with pytest.raises(Invalid):
        GroupBuy(*numbers)


def test_only_the_laws_exclusions_lift_the_seven_days(make_product):
    for exclusion in EXCLUSIONS:
        rules = make_product(refund_rules={"days": 0, "exclusions": [exclusion]})["refund_rules"]
        assert (rules["days"], rules["exclusions"]) == (0, [exclusion])


def test_a_product_that_travels_by_nothing_the_shop_offers_cannot_be_listed(world, make_product):
    shop_id = world.shop()
    product = make_product(shop_id, shipping_methods=(ShippingMethod.HOME_DELIVERY,))
    by_post = (Shipping(ShippingMethod.POST, 60),)
    world.app.shops.change(ChangeShop(by=world.seller, shop_id=shop_id, shipping=by_post))
    with pytest.raises(NotListable) as refused:
        world.app.listing.put_on_list(world.seller, UUID(product["product_id"]), world.directory)
    assert set(refused.value.fields["problems"]) == {"shipping_methods"}
    assert change(world, product, min_quantity=3)["min_quantity"] == 3  # what it lacked before is no fault of this


@pytest.mark.parametrize("number", ["4006381333931", "036000291452", "96385074", "10614141000415", " 4006381333931 "])
def test_a_gtin_with_its_check_digit_is_one(number):
    assert gtin(number) == number.strip()


@pytest.mark.parametrize(
    "number",
    ["4006381333932", "400638133393", "9638507", "1234567890123456", "４００６３８１３３３９３１", "-006381333931"],
)
def test_a_gtin_that_is_none_is_refused(number):
    with pytest.raises(Invalid):
        gtin(number)


def test_a_gtin_and_a_low_stock_mark_can_be_taken_away(world, make_product):
    [variant] = make_product()["variants"]
    variant_id = UUID(variant["product_variant_id"])

    def put(**values):
        [one] = world.app.variants.change(ChangeVariant(by=world.seller, variant_id=variant_id, **values))["variants"]
        return one["gtin"], one["low_stock_at"]

    assert put(gtin="96385074", low_stock_at=5) == ("96385074", 5)
    assert put(desc="小") == ("96385074", 5)
    assert put(gtin=None, low_stock_at=None) == (None, None)
    with pytest.raises(Invalid):
        put(low_stock_at=-1)
