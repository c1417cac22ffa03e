"""Hostile JSON at every door that takes some: refused with a code, never carried further. Times: `bench abuse`."""

import pytest

from yeshi_local.abuse.documents import HAZARDS, send
from yeshi_local.testing import until


@pytest.mark.parametrize("name", HAZARDS)
def test_hostile_json_is_refused_with_a_code_and_changes_nothing(cast, name):
    body, statuses = HAZARDS[name]
    path = f"/v1/products/{cast.things['product_id']}"
    before = cast.seller.api.get(path, view="shop")
    answer = send(cast.seller.api, path, body)
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"]
    assert cast.seller.api.get(path, view="shop") == before


def test_of_two_fields_of_one_name_the_last_counts_and_both_are_checked(cast):
    path = f"/v1/products/{cast.things['product_id']}"
    headers = {"Content-Type": "application/json"}
    answer = cast.seller.api.send("PATCH", path, content=b'{"price": 100, "price": -1}', headers=headers)
    assert answer.status_code == 422
    answer = cast.seller.api.send("PATCH", path, content=b'{"price": 999, "price": 100}', headers=headers)
    assert (answer.status_code, answer.json()["price"]) == (200, 100)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "", "x"])
def test_a_body_of_another_type_is_not_guessed_at(cast, kind):
    path = f"/v1/products/{cast.things['product_id']}"
    answer = cast.seller.api.send("PATCH", path, content=b'{"price": 1}', headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip"])
def test_a_compressed_body_is_not_unpacked(cast, encoding):
    path = f"/v1/products/{cast.things['product_id']}"
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    answer = cast.seller.api.send("PATCH", path, content=b'{"price": 1}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


STRANGE = {"__type__": "decimal", "__value__": "1", "$where": "1", "a.b": {"$ne": None}, "": 0}


def test_free_metadata_is_kept_to_the_byte_whatever_it_resembles(cast):
    product = cast.seller.add_product("怪", 1, 1, metadata=STRANGE)
    found = until(lambda: cast.seller.api.get(f"/v1/metadata/{product['metadata_id']}"))
    assert found["document"] == STRANGE


def test_a_free_document_above_256_kib_has_a_code(cast):
    path = f"/v1/products/{cast.things['product_id']}"
    document = {"x": "字" * (256 * 1024 // 3)}
    answer = cast.seller.api.send("PATCH", path, json={"metadata": document})
    assert (answer.status_code, answer.json()["code"]) == (413, "document_too_large")
    fits = {"x": "y" * (256 * 1024 - len('{"x":""}'))}
    assert cast.seller.api.send("PATCH", path, json={"metadata": fits}).status_code == 200
