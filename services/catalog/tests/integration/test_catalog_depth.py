"""Terms, options, stock changes and the tree of categories, kept by the real database."""

import pytest

from chassis.errors import Refusal
from chassis.ids import uuid7
from contracts import orders
from yeshi_local.kit.world import as_user
from yeshi_local.testing import until

TERMS = {
    "min_quantity": 2,
    "weight_g": 150,
    "package_cm": {"length": 12, "width": 8, "height": 5},
    "shipping_methods": ["home_delivery"],
    "group_buy": {"min_quantity": 20, "percent_off": 15, "open_hours": 72},
    "refund_rules": {"days": 10, "return_shipping": "seller", "exclusions": ["perishable"], "note": "冷藏"},
    "tiers": [{"from_quantity": 3, "percent_off": 10}],
}


def test_terms_and_rules_are_kept_told_and_offered(market):
    rule = {"kind": "amount", "value": 80, "starts_at": None, "ends_at": "2090-01-01T00:00:00.000000Z"}
    product = market.product(market.shop(), discount_rule=rule, **TERMS)
    seen = market.call("get_product", product["seller_id"], product_id=product["product_id"])
    for view in (product, seen):
        assert {name: view[name] for name in TERMS} == TERMS
        assert (view["discount"], view["discount_rule"]) == (80, rule)
    [told] = market.emitted("catalog.product_changed.v1", product["product_id"])
    assert {name: told[name] for name in TERMS} == TERMS
    assert told["discount_rule"] == told["variants"][0]["discount_rule"] == rule
    [variant] = product["variants"]
    offers = market.call("get_offers", None, ids=[variant["product_variant_id"]])["items"]
    offer = offers[variant["product_variant_id"]]
    assert (offer["min_quantity"], offer["shipping_methods"]) == (2, ["home_delivery"])
    away = dict.fromkeys(("weight_g", "package_cm", "shipping_methods", "group_buy"))
    changed = market.call("patch_product", product["seller_id"], product_id=product["product_id"], **away)
    assert {name: changed[name] for name in away} == away


def test_options_keep_ids_and_stock(market):
    colours = [{"name": "顏色", "values": ["紅", "藍"]}]
    product = market.product(market.shop(), options=colours, stock=4)
    wanted = [
        {"name": "色", "was": "顏色", "values": ["藍", "朱"], "renamed": {"紅": "朱"}},
        {"name": "尺寸", "values": ["S", "M"]},
    ]
    changed = market.call(
        "put_options", product["seller_id"], product_id=product["product_id"], options=wanted, expected_version=2
    )
    seen = market.call("get_product", product["seller_id"], product_id=product["product_id"])
    assert seen == changed
    looks = [(one["options"], one["quantity"]) for one in seen["variants"]]
    assert looks == [(["藍", "S"], 4), (["藍", "M"], 0), (["朱", "S"], 4), (["朱", "M"], 0)]
    kept = {one["product_variant_id"] for one in seen["variants"]} & {
        one["product_variant_id"] for one in product["variants"]
    }
    assert len(kept) == 2
    with pytest.raises(Refusal) as refused:
        market.call(
            "put_options", product["seller_id"], product_id=product["product_id"], options=[], expected_version=2
        )
    assert refused.value.code == "stale_version"


def test_a_key_adds_once_however_often_and_at_once_it_is_sent(market):
    product = market.product(market.shop(), stock=10)
    variant = product["variants"][0]["product_variant_id"]
    principal = as_user(product["seller_id"])
    change = {"variant_id": variant, "add": 5, "key": "delivery-1"}
    answers = market.together(*(("change_stock", principal, change) for _ in range(6)))
    assert [one["quantity"] for one in answers] == [15] * 6
    with pytest.raises(Refusal) as refused:
        market.call("change_stock", product["seller_id"], **{**change, "add": 6})
    assert refused.value.code == "idempotency_key_reused"
    many = [("change_stock", principal, {**change, "add": -1, "key": f"sold-{at}"}) for at in range(20)]
    answers = market.together(*many)
    assert sum(isinstance(one, Refusal) for one in answers) == 5
    assert market.levels(variant) == [(0, 0)]
    assert market.violations() == {}


def test_an_orders_pieces_are_followed_and_come_back(market, order, later):
    product = market.product(market.shop(), stock=10)
    variant = product["variants"][0]["product_variant_id"]
    market.call("patch_variant", product["seller_id"], variant_id=variant, low_stock_at=7)
    placed = order(product, (variant, 3))
    market.publish(placed)
    until(lambda: market.levels(variant) == [(10, 3)])
    [low] = market.emitted("catalog.stock_low.v1", variant)
    assert (low["available"], low["low_stock_at"], low["shop_id"]) == (7, 7, product["shop_id"])
    market.publish(later(orders.OrderShippedV1, placed), copies=2)
    until(lambda: market.levels(variant) == [(7, 0)])
    back = {"variant_id": variant, "add": 2, "key": "return-1", "order_id": placed.order_id}
    assert market.call("change_stock", product["seller_id"], **back)["quantity"] == 9
    with pytest.raises(Refusal) as refused:
        market.call("change_stock", product["seller_id"], **{**back, "key": "return-2"})
    assert (refused.value.code, refused.value.fields) == ("not_returnable", {"returnable": 1})
    [line] = market.call("get_order_stock", product["seller_id"], order_id=placed.order_id)["lines"]
    assert (line["state"], line["quantity"], line["returned"]) == ("committed", 3, 2)
    entries, cursor = [], None
    while True:
        page = market.call("list_ledger", product["seller_id"], variant_id=variant, cursor=cursor, limit=2)
        entries += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [(one["add"], one["reason"]) for one in entries] == [(2, "returned"), (-3, "shipped"), (10, "set")]
    assert [one["order_id"] for one in entries] == [placed.order_id, placed.order_id, None]
    for stranger in (market.seller(), str(uuid7())):
        with pytest.raises(Refusal) as refused:
            market.call("list_ledger", stranger, variant_id=variant)
        assert refused.value.code == "not_found"
    assert market.call("get_product", None, product_id=product["product_id"])["sold"] == 3
    assert market.violations() == {}


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "9" * 19, "²"])
def test_a_ledger_cursor_that_is_none_is_refused(market, cursor):
    product = market.product(market.shop())
    with pytest.raises(Refusal) as refused:
        market.call(
            "list_ledger",
            product["seller_id"],
            variant_id=product["variants"][0]["product_variant_id"],
            cursor=cursor,
        )
    assert refused.value.code == "invalid"


def test_operators_edit_the_tree_and_sellers_see_it_at_once(market):
    operator = {**as_user(market.seller()), "roles": ["operator"]}
    category_id = f"cat-{uuid7()}"
    before = market.ask("get_category_tree", operator, {})["version"]
    new = {"category_id": category_id, "name": "手沖壺", "name_en": "Kettles", "parent_id": "cat-coffee"}
    assert market.ask("add_category", operator, new)["version"] == before + 1
    assert market.ask("add_category", operator, new)["version"] == before + 1
    asked = [
        {
            "attribute_id": "volume",
            "name": "容量",
            "name_en": "Volume",
            "type": "number",
            "unit": "ml",
            "required": True,
        },
        {"attribute_id": "made", "name": "工法", "name_en": "Made", "type": "choice", "choices": ["手工", "機器"]},
    ]
    market.ask("put_attributes", operator, {"category_id": category_id, "attributes": asked})
    product = market.product(market.shop(), category=category_id)
    with pytest.raises(Refusal) as refused:
        market.call("list_product", product["seller_id"], product_id=product["product_id"])
    assert refused.value.fields["problems"] == {"missing_attributes": ["volume"]}
    for wrong in ({"volume": "大"}, {"volume": True}, {"made": "天然"}):
        with pytest.raises(Refusal) as refused:
            market.call("patch_product", product["seller_id"], product_id=product["product_id"], attributes=wrong)
        assert refused.value.code == "invalid_attribute"
    with pytest.raises(Refusal) as refused:
        market.ask("add_category", operator, {**new, "category_id": f"cat-{uuid7()}", "parent_id": category_id})
    assert refused.value.code == "category_in_use"
    tree = market.ask("patch_category", operator, {"category_id": category_id, "name": "壺", "retired": True})
    with pytest.raises(Refusal) as refused:
        market.product(market.shop(), category=category_id)
    assert refused.value.code == "unknown_category"
    public = market.call("get_categories", None)
    assert public["version"] == tree["version"]
    assert category_id not in str(public)
    assert category_id in str(market.ask("get_category_tree", operator, {}))
    versions = [one["version"] for one in market.emitted("catalog.categories_changed.v1", "categories")]
    assert versions == sorted(set(versions))
    assert versions[-1] == tree["version"]
    with pytest.raises(Refusal) as refused:
        market.call("get_category_tree", market.seller())
    assert refused.value.code == "forbidden"


def test_of_operators_who_edit_at_once_each_builds_on_the_one_before(market):
    operator = {**as_user(market.seller()), "roles": ["operator"]}
    before = market.ask("get_category_tree", operator, {})["version"]
    new = [
        {"category_id": f"cat-{uuid7()}", "name": f"茶{at}", "name_en": f"Tea {at}", "parent_id": "cat-food"}
        for at in range(6)
    ]
    answers = market.together(*(("add_category", operator, one) for one in new))
    assert sorted(one["version"] for one in answers) == list(range(before + 1, before + 7))
