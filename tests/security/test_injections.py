"""What is text to us is no command to a database, a shell, a log or a template: in searches and in every parameter."""

import re
import time
import urllib.parse

import pytest

from yeshi_local.abuse.injections import INJECTIONS

PATIENCE = 5.0  # seconds; who made the database sleep would take longer. The figure is `python -m bench abuse`


def search(cast, **query):
    started = time.perf_counter()
    answer = cast.anonymous.send("GET", "/v1/products", params=query)
    return answer, time.perf_counter() - started


@pytest.fixture(scope="module")
def secret_product(cast):
    """A draft that no search may show."""
    return cast.seller.add_product("秘密商品", 1, 1)["product_id"]


def test_there_are_about_a_hundred(cast):
    assert len(INJECTIONS) >= 100


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_search_for_it_finds_what_contains_it_and_nothing_else(cast, secret_product, text):
    answer, took = search(cast, q=text)
    assert answer.status_code in (200, 422), answer.text
    assert took < PATIENCE, f"after {took:.3f} s"
    if answer.status_code == 200:
        items = answer.json()["items"]
        assert secret_product not in [one["product_id"] for one in items]
        words = [word for word in re.split(r"\W+", text.casefold()) if word]
        if text.startswith((" OR", "' OR", "1 OR")):
            assert words
            assert items == []


@pytest.mark.parametrize("name", ["q", "category", "shop_id", "cursor", "limit", "sort", "min_price"])
def test_no_parameter_of_the_search_is_a_command(cast, name):
    for text in INJECTIONS:
        answer, took = search(cast, **{name: text})
        assert answer.status_code in (200, 404, 422), (name, text, answer.text)
        assert took < PATIENCE, (name, text)


PATHS = [
    "/v1/products/{}",
    "/v1/shops/{}",
    "/v1/shops/{}/products",
    "/v1/metadata/{}",
    "/v1/orders/{}",
    "/media/{}.webp",
    "/assets/{}",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_id_in_a_path_is_a_command(cast, path):
    for text in INJECTIONS:
        answer = cast.buyer.api.send("GET", path.format(urllib.parse.quote(text, safe="")))
        assert answer.status_code in (400, 404, 405, 422), (text, answer.status_code, answer.text)
        assert "x-evil" not in answer.headers
        assert "set-cookie" not in answer.headers


FIELDS = {
    "/v1/auth/login": {"email": "{}", "password": "{}"},
    "/v1/auth/password/forgot": {"email": "{}"},
    "/v1/auth/refresh": {"refresh_token": "{}"},
    "/v1/auth/verify-email": {"token": "{}"},
}


@pytest.mark.parametrize("path", FIELDS)
def test_no_field_of_a_visitor_is_a_command(cast, path):
    for text in INJECTIONS[::3]:
        body = {name: template.format(text) for name, template in FIELDS[path].items()}
        answer = cast.anonymous.send("POST", path, json=body)
        assert answer.status_code in (202, 204, 400, 401, 422), (text, answer.text)


@pytest.mark.parametrize("text", INJECTIONS[::2])
def test_what_a_seller_writes_is_kept_as_written_or_refused(cast, text):
    path = f"/v1/products/{cast.things['product_id']}"
    answer = cast.seller.api.send("PATCH", path, json={"desc": text, "metadata": {text: text}})
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 200:
        assert cast.seller.api.get(path, view="shop")["desc"] == text.replace("\r\n", "\n").strip()


@pytest.mark.parametrize("value", [{"$ne": None}, {"$gt": ""}, ["a"], True, 1, {"__type__": "x"}])
def test_an_object_is_no_text(cast, value):
    for path, body in FIELDS.items():
        answer = cast.anonymous.send("POST", path, json=dict.fromkeys(body, value))
        assert answer.status_code == 422, (path, answer.text)
