"""The catalogue's depth through the door: what is blocked, planned, dearer, short or renamed is so everywhere."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from chassis.clock import now, rfc3339
from yeshi_local.story.api import Api
from yeshi_local.story.people import PASSWORD, Buyer, variant_of
from yeshi_local.testing import until


@pytest.fixture(scope="module")
def operator(platform):
    """A platform operator's hands on the API."""
    person = Buyer(platform.url, "平台管理者")
    command = [sys.executable, "-m", "users", "make-operator", person.email]
    environment = {**os.environ, "POSTGRES_DSN": platform.values["postgres.users"]}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    session = {"email": person.email, "password": PASSWORD}
    return Api(platform.url, Api(platform.url).post("/v1/auth/login", session)["access_token"])


@pytest.fixture(scope="module")
def anybody(platform):
    """Somebody who is not logged in."""
    return Buyer(platform.url, "路人").api


def status(api, path):
    return api.send("GET", path).status_code


def test_a_blocked_product_is_gone_from_every_door_until_it_is_listed_again(seller, buyer, operator, anybody):
    product = seller.sell("可疑手錶", 900, 5)
    path = f"/v1/products/{product['product_id']}"
    assert status(anybody, path) == 200
    operator.post(f"/v1/operator{path.removeprefix('/v1')}/block", {"reason": "仿冒品"})
    until(lambda: status(anybody, path) == 404)
    assert seller.api.get(f"{path}?view=shop")["blocked"]["reason"] == "仿冒品"
    refused = seller.api.send("POST", f"{path}/list")
    assert (refused.status_code, refused.json()["code"]) == (409, "product_blocked")

    def put():
        answer = buyer.api.send("PUT", f"/v1/cart/items/{variant_of(product)}", json={"quantity": 1})
        return answer.status_code, answer.json().get("code")

    until(lambda: put() == (409, "not_listed"))  # orders hears of it by itself
    blocked = operator.get("/v1/operator/products/blocked")["items"]
    assert [(one["reason"], one["seller_id"]) for one in blocked if one["product_id"] == product["product_id"]] == [
        ("仿冒品", seller.user_id)
    ]
    operator.post(f"/v1/operator{path.removeprefix('/v1')}/unblock")
    seller.api.post(f"{path}/list")
    until(lambda: status(anybody, path) == 200)


def test_a_plan_and_a_discount_happen_by_themselves_and_the_cart_learns(seller, buyer, anybody):
    starts = rfc3339(now() + timedelta(seconds=4))
    rule = {"kind": "percent", "value": 15, "starts_at": starts}
    product = seller.add_product("期間限定茶", 999, 5, discount_rule=rule)
    path = f"/v1/products/{product['product_id']}"
    seller.api.post(f"{path}/schedule", {"list_at": rfc3339(now() + timedelta(seconds=1))})
    until(lambda: status(anybody, path) == 200)
    if anybody.get(path)["final_price"] == 999:
        until(lambda: anybody.get(path)["final_price"] == 850)  # 999 − 149
    until(lambda: buyer.put(variant_of(product))["total"] == 850)


def test_minimum_tiers_and_methods_hold_at_the_checkout(seller, buyer):
    terms = {
        "min_quantity": 2,
        "tiers": [{"from_quantity": 3, "percent_off": 10}],
        "shipping_methods": ["home_delivery"],
    }
    variant = variant_of(seller.sell("成對的杯子", 100, 50, **terms))
    few = buyer.api.send("PUT", f"/v1/cart/items/{variant}", json={"quantity": 1})
    assert (few.status_code, few.json()["code"]) == (422, "below_min_quantity")
    assert buyer.put(variant, 2)["total"] == 200
    assert buyer.put(variant, 3)["total"] == 270
    placed = buyer.checkout(seller.shop_id)
    [order] = placed["orders"]
    assert (placed["status_code"], order["items_total"], order["products"][0]["final_price"]) == (201, 270, 90)


def test_little_left_rings_the_seller(seller, buyer):
    product = seller.sell("手作蠟燭", 250, 6)
    seller.api.send("PATCH", f"/v1/variants/{variant_of(product)}", json={"low_stock_at": 4})
    buyer.put(variant_of(product), 2)
    buyer.checkout(seller.shop_id)
    until(lambda: [one for one in seller.notifications() if one["type"] == "stock.low" and "手作蠟燭" in one["body"]])


def test_a_tag_that_was_seen_guards_a_change(seller):
    product = seller.sell("版本茶", 100, 1)
    path = f"/v1/products/{product['product_id']}"
    tag = seller.api.send("GET", f"{path}?view=shop").headers["etag"]
    first = seller.api.send("PATCH", path, json={"price": 110}, headers={"If-Match": tag})
    assert (first.status_code, first.headers["etag"] != tag) == (200, True)
    second = seller.api.send("PATCH", path, json={"price": 120}, headers={"If-Match": tag})
    assert (second.status_code, second.json()["code"]) == (412, "stale_version")


def test_the_tree_that_operators_edit_reaches_both_gateways(platform, operator, seller, anybody):
    made = operator.post("/v1/operator/categories", {"name": "手作香氛", "name_en": "Scents", "parent_id": "cat-home"})
    [category] = [
        child["category_id"]
        for top in made["items"]
        if top["category_id"] == "cat-home"
        for child in top["children"]
        if child["name"] == "手作香氛"
    ]
    for url in platform.gateways:
        api = Buyer.at(seller, url)
        until(lambda api=api: category in api.send("GET", "/v1/categories").text)
    product = seller.sell("香氛石", 199, 3, category=category)
    found = anybody.get(f"/v1/products?q=香氛&category={category}&sort=price_asc")
    assert [one["product_id"] for one in found["items"]] == [product["product_id"]]
    operator.send("PATCH", f"/v1/operator/categories/{category}", json={"retired": True})
    for url in platform.gateways:
        api = Buyer.at(seller, url)
        until(lambda api=api: category not in api.send("GET", "/v1/categories").text)
    refused = seller.api.send(
        "POST", f"/v1/shops/{seller.shop_id}/products", json={"name": "x", "price": 1, "category": category}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_category")
