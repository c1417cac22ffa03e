"""What strangers, forgers and broken clients are told, and that it changes nothing."""

import io
import json
import struct
import time
import zlib

import httpx
import pytest
from PIL import Image

from yeshi_local.abuse.forger import Forger, segment
from yeshi_local.story.api import Api
from yeshi_local.story.people import ADDRESS, HOME, Buyer, Seller, simple_category, variant_of
from yeshi_local.testing import until


@pytest.fixture(scope="module")
def stranger(platform) -> Seller:
    """Another seller with another shop."""
    return Seller(platform.url, "陌生人", "別人的店")


@pytest.fixture(scope="module")
def product(seller):
    return seller.sell("被盯上的商品", 200, 9)


def forgeries(forger: Forger) -> dict[str, str]:
    return {
        "none": f"{segment({**forger.header, 'alg': 'none'})}.{forger.body}.",
        "public key as secret": forger.hs256(json.dumps(forger.public, separators=(",", ":")).encode()),
        "unknown kid": forger.headed(kid="nobody"),
        "kid as path": forger.headed(kid="../../etc/passwd"),
        "other subject": forger.saying(sub="somebody-else"),
        "operator": forger.saying(roles=["operator"]),
        "later end": forger.saying(exp=int(time.time()) + 10**6),
        "cut off": forger.token[:-10],
        "no signature": f"{forger.head}.{forger.body}.",
        "long": forger.token + "A" * 100_000,
        "not a token": "Bearer",
    }


def test_forged_tokens_open_nothing(platform, buyer):
    for name, forged in forgeries(Forger(platform, buyer.api.token)).items():
        answer = Api(platform.url, forged).send("GET", "/v1/me")
        assert answer.status_code in (401, 431), (name, answer.text)
    assert Api(platform.url).problem("GET", "/v1/me") == (401, "unauthenticated")
    assert Api(platform.url, buyer.refresh_token).problem("GET", "/v1/me")[0] == 401


def test_a_token_opens_nothing_once_its_time_is_over(platform, buyer):
    forger, now = Forger(platform, buyer.api.token), int(time.time())
    assert forger.claims["exp"] - forger.claims["iat"] == 600
    ended = forger.signed(iat=now - 660, exp=now - 60)
    for gateway in platform.gateways:
        assert Api(gateway, ended).problem("GET", "/v1/me") == (401, "token_expired")
        assert Api(gateway, forger.signed(iat=now - 540, exp=now + 60)).get("/v1/me")["user_id"] == buyer.user_id


def test_a_logged_out_token_is_refused_at_every_gateway(platform, buyer):
    assert buyer.api.get("/v1/me")["user_id"] == buyer.user_id
    buyer.api.post("/v1/auth/logout", {})
    for gateway in platform.gateways:
        until(lambda where=gateway: buyer.at(where).send("GET", "/v1/me").status_code == 401)


def test_an_old_refresh_token_ends_its_whole_session(platform, buyer):
    anybody = Api(platform.url)
    second = anybody.post("/v1/auth/refresh", {"refresh_token": buyer.refresh_token})
    third = anybody.post("/v1/auth/refresh", {"refresh_token": second["refresh_token"]})
    stolen = {"refresh_token": buyer.refresh_token}
    assert anybody.problem("POST", "/v1/auth/refresh", json=stolen)[0] == 401
    assert anybody.problem("POST", "/v1/auth/refresh", json={"refresh_token": third["refresh_token"]})[0] == 401
    until(lambda: Api(platform.url, third["access_token"]).send("GET", "/v1/me").status_code == 401)


def test_wrong_and_unknown_look_the_same(platform, buyer):
    anybody = Api(platform.url)
    tries = [
        {"email": buyer.email, "password": "not-this-one-123"},
        {"email": "nobody@example.com", "password": "not-this-one-123"},
    ]
    answers = [anybody.send("POST", "/v1/auth/login", json=one) for one in tries]
    assert {answer.status_code for answer in answers} == {401}
    bodies = [{name: value for name, value in answer.json().items() if name != "instance"} for answer in answers]
    assert bodies[0] == bodies[1]


def test_what_is_somebody_elses_looks_missing(platform, seller, stranger, product, buyer):
    buyer.put(variant_of(product))
    order_id = buyer.checkout(seller.shop_id)["orders"][0]["order_id"]
    notification_id = until(seller.notifications)[0]["notification_id"]
    draft = seller.add_product("草稿", 100, 1)
    outsider = stranger.api
    new_product = {"name": "x", "price": 1, "category": simple_category(outsider)}
    attempts = [
        ("PATCH", f"/v1/shops/{seller.shop_id}", {"name": "搶來的店"}),
        ("POST", f"/v1/shops/{seller.shop_id}/products", new_product),
        ("GET", f"/v1/products/{draft['product_id']}", None),
        ("PATCH", f"/v1/products/{product['product_id']}", {"price": 1}),
        ("DELETE", f"/v1/products/{product['product_id']}", None),
        ("POST", f"/v1/products/{product['product_id']}/unlist", {}),
        ("PUT", f"/v1/variants/{variant_of(product)}/stock", {"quantity": 0}),
        ("GET", f"/v1/orders/{order_id}", None),
        ("POST", f"/v1/orders/{order_id}/cancel", {}),
        ("POST", f"/v1/orders/{order_id}/ship", {}),
        ("POST", f"/v1/notifications/{notification_id}/read", {}),
        ("POST", f"/v1/shops/{seller.shop_id}/devices", {"name": "偷窺"}),
    ]  # fmt: skip
    for method, path, body in attempts:
        options = {} if body is None else {"json": body}
        assert outsider.problem(method, path, **options) == (404, "not_found"), (method, path)
    assert buyer.order(order_id)["status"] == "to_ship"
    assert seller.api.get(f"/v1/products/{product['product_id']}")["price"] == 200


@pytest.mark.parametrize(
    ("field", "value"), [("city", "台西市"), ("district", "板橋區"), ("postal_code", "220"), ("phone", "119")]
)
def test_a_parcel_goes_to_a_place_that_is_there(seller, buyer, product, field, value):
    buyer.put(variant_of(product))
    shipping = {"shop_id": seller.shop_id, "method": "home_delivery", "address": {**HOME, field: value}}
    refused = buyer.checkout(seller.shop_id, shipping=[shipping])
    assert (refused["status_code"], refused["fields"]["field"]) == (422, f"shipping.address.{field}")
    assert buyer.api.get("/v1/cart")["total"] == 200


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


HOSTILE = [
    (b'{"quantity": ', 400),
    (b'{"quantity": NaN}', 400),
    (b'{"quantity": 1e999}', 400),
    (b'{"quantity": Infinity}', 400),
    (f'{{"quantity": {nested(400)}}}'.encode(), 400),
    (b'{"quantity": -1}', 422),
    (b'{"quantity": 1000000000}', 422),
    (b'{"quantity": "2"}', 422),
    (b'{"quantity": 1.5}', 422),
    (b'{"quantity": null}', 422),
    (b'{"quantity": true}', 422),
    (b'{"quantity": 9223372036854775808}', 422),
    (b'{"quantity": {"__type__": "int", "__value__": 1}}', 422),
    (b'{"quantity": 1, "price": 1}', 422),
    (b"{}", 422),
    (b"[]", 422),
    (b"", 400),
    (b'{"quantity": 1}' + b" " * 6_000_000, 413),
    (b"\xff\xfe{}", 400),
]


@pytest.mark.parametrize(("body", "status"), [*HOSTILE, (b'{"quantity": 0}', 422)])
def test_a_cart_takes_whole_numbers_and_nothing_else(buyer, product, body, status):
    answer = buyer.api.send(
        "PUT", f"/v1/cart/items/{variant_of(product)}", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status, answer.text
    assert answer.json()["code"]
    assert buyer.api.get("/v1/cart")["total"] == 0


@pytest.mark.parametrize(("body", "status"), [*HOSTILE, (b'{"quantity": 10000000}', 422)])
def test_stock_takes_whole_numbers_and_nothing_else(seller, product, body, status):
    before = seller.stock_of(product["product_id"])
    answer = seller.api.send(
        "PUT", f"/v1/variants/{variant_of(product)}/stock", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status, answer.text
    assert answer.json()["code"]
    assert seller.stock_of(product["product_id"]) == before


def test_stock_may_be_none_at_all_and_as_much_as_a_shop_can_count(seller):
    product = seller.add_product("數得完的商品", 10, 3)
    for quantity in (0, 9_999_999):
        answer = seller.set_stock(variant_of(product), quantity)
        assert (answer["quantity"], answer["reserved"], answer["available"]) == (quantity, 0, quantity)


def test_an_unknown_field_is_named(seller, buyer, product):
    path = f"/v1/cart/items/{variant_of(product)}"
    answer = buyer.api.send("PUT", path, json={"quantity": 1, "price": 1})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field")
    body = {"name": "店", "kind": "雜貨", "address": ADDRESS, "state": "suspended"}
    assert seller.api.problem("POST", "/v1/shops", json=body) == (422, "unknown_field")


def test_deep_metadata_is_refused_and_strange_metadata_is_kept(seller):
    category = simple_category(seller.api)
    path = f"/v1/shops/{seller.shop_id}/products"
    deep = f'{{"name":"深","price":1,"category":"{category}","metadata":{{"x":{nested(400)}}}}}'.encode()
    answer = seller.api.send("POST", path, content=deep, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    strange = {"__type__": "base64", "__value__": "AAAA", "$where": "1", "unknown": {"field": None}}
    product = seller.add_product("怪", 1, 1, category=category, metadata=strange)
    found = until(lambda: seller.api.get(f"/v1/metadata/{product['metadata_id']}"))
    assert found["document"] == strange


def test_a_product_without_required_attributes_is_not_listed_and_each_is_named(seller):
    draft = seller.add_product("手機", 9000, 1, category="cat-phones")
    answer = seller.api.send("POST", f"/v1/products/{draft['product_id']}/list")
    assert (answer.status_code, answer.json()["code"]) == (422, "not_listable")
    for attribute in ("brand", "model", "capacity_gb", "ncc"):
        assert attribute in answer.text


def test_more_reserved_than_on_hand_cannot_be_set(seller, buyer):
    product = seller.sell("保留中", 100, 5)
    buyer.put(variant_of(product), 4)
    buyer.checkout(seller.shop_id)
    path = f"/v1/variants/{variant_of(product)}/stock"
    assert seller.api.problem("PUT", path, json={"quantity": 3}) == (409, "stock_below_reserved")


def a_jpeg() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(written, "JPEG")
    return written.getvalue()


def a_bomb() -> bytes:
    """A PNG that says it is 50,000 × 50,000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("name", "photo", "refusal"),
    [
        ("notes.txt", "這不是照片".encode() * 100, (415, "unsupported_image")),
        ("cut.jpg", a_jpeg()[:900], (422, "broken_image")),
        ("bomb.png", a_bomb(), (422, "image_too_large")),
        ("empty.jpg", b"", (422, "invalid")),
        ("script.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", (415, "unsupported_image")),
        ("large.jpg", a_jpeg() + b"\0" * 11_000_000, (413, "too_large")),
    ],
)
def test_what_is_no_photo_is_refused_with_a_code(seller, product, name, photo, refusal):
    path = f"/v1/products/{product['product_id']}/photos"
    files = {"file": (name, photo, "image/jpeg")}
    assert seller.api.problem("POST", path, files=files) == refusal
    assert seller.api.get(f"/v1/products/{product['product_id']}").get("photos", []) == []


def test_the_webhook_door_takes_signed_bodies_only(platform):
    body = b'{"destination":"U0","events":[]}'
    for headers in ({}, {"X-Line-Signature": "AAAA"}, {"X-Line-Signature": "x" * 10_000}):
        answer = httpx.post(f"{platform.url}/v1/webhooks/line", content=body, headers=headers, trust_env=False)
        assert answer.status_code in (401, 422, 431), answer.text


def test_missing_pages_and_wrong_methods_are_problems_too(platform):
    anybody = Api(platform.url)
    assert anybody.problem("GET", "/v1/nothing") == (404, "not_found")
    assert anybody.problem("DELETE", "/v1/categories")[0] == 405
    assert anybody.problem("GET", "/v1/products/not-an-id") == (404, "not_found")


def test_taken_e_mail(platform, buyer):
    body = {"email": buyer.email.upper(), "password": "another-long-one-1", "name": "別人"}
    assert Api(platform.url).problem("POST", "/v1/auth/register", json=body) == (409, "email_taken")


def test_a_seller_is_needed_for_a_shop(platform):
    nobody = Buyer(platform.url, "不是賣家")
    body = {"name": "店", "kind": "雜貨", "address": ADDRESS}
    assert nobody.api.problem("POST", "/v1/shops", json=body) == (403, "seller_required")
