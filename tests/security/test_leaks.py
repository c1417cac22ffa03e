"""What an answer shows, and what a body may set: nobody else's data out, nothing protected in."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from yeshi_local.story.people import ADDRESS, HOME

Json = dict[str, Any]

SECRET_NAMES = re.compile(
    r"password|passwd|hash|secret|token|salt|sealed|private|cost|line_user_id|client_ip|argon|idempotency|nonce",
    re.IGNORECASE,
)
PRIVATE_NAMES = {"email", "phone", "quantity", "reserved", "on_hand", "line", "tax_id", "parent_sku"}
PUBLIC = [
    "/v1/products",
    "/v1/products?shop_id={shop_id}",
    "/v1/products/{product_id}",
    "/v1/shops/{shop_id}",
    "/v1/shops/{shop_id}/products",
    "/v1/metadata/{metadata_id}",
    "/v1/categories",
]
OWN = [
    "/v1/me",
    "/v1/me/addresses",
    "/v1/cart",
    "/v1/orders",
    "/v1/notifications",
    "/v1/notifications/preferences",
    "/v1/seller/shops",
    "/v1/seller/orders",
    "/v1/seller/dashboard",
]


def entries(value: Any, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every field of an answer: its path, its name, its value."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield f"{path}.{name}", str(name), one
            yield from entries(one, f"{path}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from entries(one, f"{path}[]")


@pytest.mark.parametrize("path", PUBLIC)
def test_strangers_see_no_secret_and_nothing_private(cast, path):
    for caller in ("anonymous", "other_buyer", "other_seller", "operator"):
        answer = cast.api(caller).send("GET", path.format(**cast.things))
        assert answer.status_code == 200
        for where, name, value in entries(answer.json()):
            assert not SECRET_NAMES.search(name), (caller, where)
            assert name not in PRIVATE_NAMES or value is None, (caller, where, value)
        phone = HOME["phone"].removeprefix("0")  # kept with its country code
        for secret in (phone, cast.buyer.email, cast.seller.email, ADDRESS["line"], cast.packer.user_id):
            assert secret not in answer.text, (caller, path)


@pytest.mark.parametrize("path", OWN)
def test_everybody_sees_their_own_only(cast, path):
    own = {
        "buyer": cast.buyer,
        "other_buyer": cast.other_buyer,
        "seller": cast.seller,
        "other_seller": cast.other_seller,
    }
    for caller, person in own.items():
        text = person.api.send("GET", path).text
        for where, name, _ in entries(person.api.get(path)):
            assert name == "has_password" or not SECRET_NAMES.search(name), (caller, where)
        for other in own.values():
            assert other is person or other.email not in text, (caller, path)
    assert cast.things["order_id"] not in cast.other_buyer.api.send("GET", path).text
    assert cast.things["order_id"] not in cast.other_seller.api.send("GET", path).text


def test_a_session_shows_its_tokens_once_and_no_answer_shows_them_again(cast):
    for path in OWN:
        text = cast.buyer.api.send("GET", path).text
        assert cast.buyer.api.token not in text
        assert cast.buyer.refresh_token not in text


def test_a_shop_tells_its_order_only_what_is_needed_to_ship_it(cast):
    order = cast.seller.api.get(f"/v1/orders/{cast.things['order_id']}")
    assert cast.buyer.email not in str(order)
    for _, name, _ in entries(order):
        assert not SECRET_NAMES.search(name)


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 7
    if isinstance(value, str):
        return "00000000-0000-7000-8000-000000000000" if len(value) == 36 else "operator"
    if isinstance(value, list):
        return [*value, *value] or ["operator"]
    return {"operator": True}


SHIP = {"shop_id": "x", "method": "home_delivery"}
#: What nobody sets by a body, whatever else becomes changeable.
PROTECTED = {
    "me": {"user_id", "email", "email_verified", "roles", "seller_state", "line_bound", "has_password", "created_at"},
    "shop": {"shop_id", "owner_id", "seller_id", "staff", "version", "created_at", "suspended"},
    "product": {
        "product_id",
        "shop_id",
        "seller_id",
        "state",
        "version",
        "listed_at",
        "blocked",
        "final_price",
        "photos",
    },
    "variant": {
        "product_variant_id",
        "product_id",
        "price_version",
        "final_price",
        "quantity",
        "reserved",
        "available",
    },
}


def changeable(cast, path: str) -> set[str]:
    """The fields that the document names for a change."""
    document = cast.anonymous.get("/openapi.json")
    body = document["paths"][path]["patch"]["requestBody"]["content"]["application/json"]["schema"]
    return set(document["components"]["schemas"][body["$ref"].rpartition("/")[2]]["properties"])


def resources(cast) -> dict[str, tuple[str, str, str]]:
    """Where each resource is changed, where it is seen, and how the document names the former."""
    things = cast.things
    product = f"/v1/products/{things['product_id']}"
    return {
        "me": ("/v1/me", "/v1/me", "/v1/me"),
        "shop": (f"/v1/shops/{things['shop_id']}", f"/v1/shops/{things['shop_id']}", "/v1/shops/{shop_id}"),
        "product": (product, f"{product}?view=shop", "/v1/products/{product_id}"),
        "variant": (f"/v1/variants/{things['variant_id']}", f"{product}?view=shop", "/v1/variants/{variant_id}"),
    }


@pytest.mark.parametrize("name", PROTECTED)
def test_what_an_answer_shows_is_not_for_that_reason_changeable(cast, name):
    change, see, documented = resources(cast)[name]
    allowed = changeable(cast, documented)
    assert allowed & PROTECTED[name] == set()

    def seen() -> Json:
        whole = cast.seller.api.get(see)
        return whole["variants"][0] if name == "variant" else whole

    before = seen()
    extra = {"roles": ["operator"], "role": "owner", "user_id": cast.buyer.user_id, "seller_id": cast.buyer.user_id}
    extra |= {"owner_id": cast.buyer.user_id, "email_verified": True, "on_hand": 10**6, "reserved": 0, "password": "x"}
    for field, value in {**{one: changed(known) for one, known in before.items()}, **extra}.items():
        if field in allowed:
            continue
        answer = cast.seller.api.send("PATCH", change, json={field: value})
        assert answer.status_code == 422, (name, field, answer.text)
        assert answer.json()["code"] in ("unknown_field", "invalid"), (name, field)
    assert seen() == before


@pytest.mark.parametrize(
    ("path", "body", "extra"),
    [
        ("/v1/auth/register", {"email": "a@example.com", "password": "long-enough-99", "name": "x"}, "roles"),
        ("/v1/auth/register", {"email": "a@example.com", "password": "long-enough-99", "name": "x"}, "user_id"),
        ("/v1/auth/register", {"email": "a@example.com", "password": "long-enough-99", "name": "x"}, "email_verified"),
        ("/v1/seller", {"kind": "person", "display_name": "x", "phone": "0922333444"}, "state"),
        ("/v1/shops", {"name": "x", "kind": "x", "address": ADDRESS}, "owner_id"),
        ("/v1/shops", {"name": "x", "kind": "x", "address": ADDRESS}, "shop_id"),
        ("/v1/shops/{shop_id}/products", {"name": "x", "price": 1, "category": "x"}, "product_id"),
        ("/v1/shops/{shop_id}/products", {"name": "x", "price": 1, "category": "x"}, "state"),
        ("/v1/shops/{shop_id}/products", {"name": "x", "price": 1, "category": "x"}, "seller_id"),
        ("/v1/products/{product_id}/variants", {"desc": "x"}, "quantity"),
        ("/v1/products/{product_id}/variants", {"desc": "x"}, "price_version"),
        ("/v1/checkout", {"payment_method": "cod", "shipping": [SHIP]}, "buyer_id"),
        ("/v1/checkout", {"payment_method": "cod", "shipping": [SHIP]}, "total_price"),
    ],
)
def test_a_new_thing_takes_no_field_that_is_not_asked_for(cast, path, body, extra):
    answer = cast.seller.api.send("POST", path.format(**cast.things), json={**body, extra: "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field"), answer.text
