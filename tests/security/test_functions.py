"""Function by function: no spelling of a path, no method and no header opens what a role does not."""

import httpx
import pytest

from yeshi_local.story.api import Api

LOCKED = [
    ("GET", "/v1/operator/sellers", None),
    ("POST", "/v1/operator/sellers/{seller_id}/suspend", None),
    ("PATCH", "/v1/shops/{shop_id}", {"name": "搶來的店"}),
    ("GET", "/v1/shops/{shop_id}/staff", None),
    ("DELETE", "/v1/products/{product_id}", None),
    ("PUT", "/v1/variants/{variant_id}/stock", {"quantity": 0}),
    ("GET", "/v1/orders/{order_id}", None),
]
SPELLINGS = {
    "a slash behind": lambda path: path + "/",
    "two slashes": lambda path: path.replace("/v1/", "/v1//", 1),
    "two slashes before": lambda path: "/" + path,
    "upper case": lambda path: path.replace("/v1/", "/V1/"),
    "another case": lambda path: path.title(),
    "..;/": lambda path: path.replace("/v1/", "/v1/products/..;/", 1),
    "../": lambda path: path.replace("/v1/", "/v1/products/../", 1),
    "%2e%2e": lambda path: path.replace("/v1/", "/v1/products/%2e%2e/", 1),
    "an encoded slash": lambda path: path.replace("/v1/", "/v1%2f", 1),
    "an encoded letter": lambda path: path.replace("o", "%6f", 1),
    "a dot behind": lambda path: path + "/.",
    ".json": lambda path: path + ".json",
    "a semicolon": lambda path: path + ";a=b",
    "a NUL": lambda path: path + "%00",
    "a line break": lambda path: path + "%0a",
}
OVERRIDES = [
    {"X-HTTP-Method-Override": "DELETE"},
    {"X-HTTP-Method": "DELETE"},
    {"X-Method-Override": "DELETE"},
    {"X-Original-URL": "/v1/operator/sellers"},
    {"X-Rewrite-URL": "/v1/operator/sellers"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-Host": "127.0.0.1", "X-Real-IP": "127.0.0.1"},
    {"X-User-Id": "{seller_id}", "X-Roles": "operator"},
    {"Forwarded": "for=127.0.0.1;host=localhost"},
]


def raw(api: Api, method: str, path: str, **options):
    """The path as it is: a client would tidy it up."""
    url = httpx.URL(api.url).copy_with(raw_path=path.encode())
    headers = {"Authorization": f"Bearer {api.token}", **options.pop("headers", {})}
    return api.http.request(method, url, headers=headers, follow_redirects=False, **options)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_path_opens_what_is_locked(cast, spelling):
    for method, template, body in LOCKED:
        path = SPELLINGS[spelling](template.format(**cast.things))
        answer = raw(cast.other_buyer.api, method, path, json=body)
        assert answer.status_code in (400, 403, 404, 405), (path, answer.status_code, answer.text)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_no_method_opens_what_is_locked(cast, method):
    for _, template, _ in LOCKED:
        path = template.format(**cast.things)
        answer = raw(cast.other_buyer.api, method, path)
        public = method in ("GET", "HEAD") and template in ("/v1/shops/{shop_id}", "/v1/products/{product_id}")
        if public or method == "OPTIONS":
            assert answer.status_code in (200, 204, 404, 405)
            continue
        assert answer.status_code in (400, 403, 404, 405, 415, 422, 501), (method, path, answer.status_code)
        if method == "HEAD":
            assert answer.content == b""


@pytest.mark.parametrize("headers", OVERRIDES, ids=lambda one: next(iter(one)))
def test_no_header_makes_somebody_else_of_a_caller(cast, headers):
    wanted = {name: value.format(**cast.things) for name, value in headers.items()}
    product = f"/v1/products/{cast.things['product_id']}"
    assert cast.other_buyer.api.send("POST", product, headers=wanted, json={}).status_code == 405
    seen = cast.other_buyer.api.send("GET", product, headers=wanted)
    assert seen.json()["product_id"] == cast.things["product_id"]
    assert cast.other_buyer.api.send("GET", "/v1/operator/sellers", headers=wanted).status_code == 403
    assert cast.other_buyer.api.get("/v1/me")["user_id"] == cast.other_buyer.user_id


def test_nothing_is_left_of_the_attempts(cast):
    variants = cast.seller.stock_of(cast.things["product_id"])
    assert variants[cast.things["variant_id"]]["quantity"] > 0
    assert cast.seller.api.get(f"/v1/shops/{cast.things['shop_id']}")["name"] == "甲的店"
    assert cast.seller.api.get("/v1/seller")["state"] == "approved"
