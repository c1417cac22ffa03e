"""Hostile JSON at every door that takes some: refused at once, with a code, and never carried further."""

import json
import time

import pytest

from yeshi_local.testing import until

PATIENCE = 2.0  # seconds; a document is refused in a few milliseconds, the rest is for a busy machine
HAZARDS: dict[str, tuple[bytes, set[int]]] = {
    "nothing": (b"", {400}),
    "half an object": (b'{"name": ', {400}),
    "NaN": (b'{"price": NaN}', {400}),
    "Infinity": (b'{"price": Infinity}', {400}),
    "1e999": (b'{"price": 1e999}', {400}),
    "-1e999": (b'{"price": -1e999}', {400}),
    "10,000 deep": (b'{"metadata": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}", {400}),
    "10,000 arrays deep": (b'{"tiers": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", {400}),
    "2^63 + 1": (b'{"price": 9223372036854775809}', {400, 422}),
    "10^400": (b'{"price": 1' + b"0" * 400 + b"}", {400, 422}),
    "a lone surrogate": (b'{"name": "\\ud800"}', {400}),
    "a lone low surrogate": (b'{"name": "\\udc00x"}', {400}),
    "no UTF-8": (b'{"name": "\xff\xfe"}', {400}),
    "UTF-16": (json.dumps({"name": "x"}).encode("utf-16"), {400}),
    "a BOM": (b'\xef\xbb\xbf{"name": "x"}', {400}),
    "a NUL": (b'{"name": "a\\u0000b"}', {422}),
    "a raw control character": (b'{"name": "a\x01b"}', {400}),
    "5 MB": (b'{"name": "' + b"x" * 5_000_000 + b'"}', {413}),
    "5 MB of blanks": (b" " * 5_000_000 + b"{}", {413}),
    "an array": (b"[]", {422}),
    "a string": (b'"name"', {422}),
    "null": (b"null", {422}),
    "__type__": (b'{"name": {"__type__": "decimal", "__value__": "1"}}', {422}),
    "__type__ for a number": (b'{"price": {"__type__": "int", "__value__": 1}}', {422}),
    "comments": (b'{"name": "x" /* y */}', {400}),
    "single quotes": (b"{'name': 'x'}", {400}),
    "two documents": (b"{}{}", {400}),
    "a trailing comma": (b'{"name": "x",}', {400}),
    "an unknown field": (b'{"unknown": 1}', {422}),
    "__proto__": (b'{"__proto__": {"price": 1}}', {422}),
    "a boolean for a number": (b'{"price": true}', {422}),
    "a number for text": (b'{"name": 1}', {422}),
    "text for a number": (b'{"price": "1"}', {422}),
    "a fraction of a dollar": (b'{"price": 1.5}', {422}),
    "less than nothing": (b'{"price": -1}', {422}),
}


@pytest.mark.parametrize("name", HAZARDS)
def test_hostile_json_is_refused_at_once_with_a_code_and_changes_nothing(cast, name):
    body, statuses = HAZARDS[name]
    path = f"/v1/products/{cast.things['product_id']}"
    before = cast.seller.api.get(path, view="shop")
    started = time.perf_counter()
    answer = cast.seller.api.send("PATCH", path, content=body, headers={"Content-Type": "application/json"})
    took = time.perf_counter() - started
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"]
    assert took < PATIENCE, f"refused after {took:.3f} s"
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
