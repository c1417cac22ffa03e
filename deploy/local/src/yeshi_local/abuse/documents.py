"""Hostile JSON."""

import json

import httpx

from yeshi_local.story.api import Api

#: What is sent where an object is expected, and the statuses it may be refused with.
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


def send(api: Api, path: str, body: bytes) -> httpx.Response:
    """One try to change what is at this path."""
    return api.send("PATCH", path, content=body, headers={"Content-Type": "application/json"})
