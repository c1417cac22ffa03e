"""Bodies are plain JSON of the expected shape, or they are refused with a code and the field's name."""

from typing import Any

import msgspec
import pytest

from chassis.errors import Refusal
from gateway.entrypoints import bodies, strict


class Thing(bodies.Body, frozen=True, kw_only=True):
    name: str
    count: int = 0
    price: float = 0.0
    on: bool = False
    metadata: dict[str, Any] = {}  # noqa: RUF012 - msgspec copies empty defaults
    inner: bodies.ShopAddress | None = None


def refusal(body: bytes, kind: type = Thing) -> tuple[str, str, Any]:
    with pytest.raises(Refusal) as caught:
        strict.decode(body, kind)
    return caught.value.code, caught.value.kind.value, caught.value.fields.get("field")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"name": "a",}',
        b"{'name': 'a'}",
        b'{"name": "a"} {}',
        b'{"name": NaN}',
        b'{"name": "a", "price": Infinity}',
        b'{"name": "a", "price": -Infinity}',
        b'{"name": "a", "price": 1e999}',
        b'{"name": "a", "metadata": {"x": 1e999}}',
        b'{"name": "\\ud800"}',
        b'{"name": "\\udc00\\ud800"}',
        b'{"name": "a", "metadata": {"\\ud83d": 1}}',
        b'{"name": "\xff"}',
        b'{"name": "\x01"}',
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_not_json_is_malformed(body):
    assert refusal(body)[:2] == ("malformed", "malformed")


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_depth_has_an_end_whatever_is_nested(opening):
    body = b'{"name": "a", "metadata": {"x": ' + opening * 10_000
    assert refusal(body)[0] == "too_deep"


def test_the_deepest_allowed_is_taken_and_one_more_is_not():
    def nested(levels: int) -> bytes:
        return b'{"name": "a", "metadata": ' + b'{"x":' * levels + b"1" + b"}" * levels + b"}"

    assert strict.decode(nested(strict.DEEPEST - 1), Thing).name == "a"
    assert refusal(nested(strict.DEEPEST))[0] == "too_deep"


def test_brackets_in_text_are_text():
    found = strict.decode(msgspec.json.encode({"name": '[{"\\' * 500}), Thing)
    assert found.name == '[{"\\' * 500


def test_wide_is_not_deep():
    body = msgspec.json.encode({"name": "a", "metadata": {"x": [[1] for _ in range(1000)]}})
    assert len(strict.decode(body, Thing).metadata["x"]) == 1000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"name": 1}', "name"),
        (b'{"name": null}', "name"),
        (b'{"name": "a", "count": "3"}', "count"),
        (b'{"name": "a", "count": true}', "count"),
        (b'{"name": "a", "count": 1.5}', "count"),
        (b'{"name": "a", "on": 1}', "on"),
        (b'{"name": "a", "on": "yes"}', "on"),
        (b'{"name": "a", "metadata": []}', "metadata"),
        (b'{"name": "a", "inner": {"city": 1, "district": "", "postal_code": "", "line": ""}}', "inner.city"),
        (b'{"name": "a", "inner": {"city": ""}}', "inner.district"),
        (b"{}", "name"),
        (b"[]", ""),
        (b'"text"', ""),
    ],
)
def test_a_value_of_another_type_names_its_field(body, field):
    assert refusal(body) == ("invalid", "invalid", field)


def test_an_unknown_field_is_named():
    assert refusal(b'{"name": "a", "role": "admin"}') == ("unknown_field", "invalid", "role")
    assert refusal(b'{"name": "a", "inner": {"city": "", "town": 1}}') == ("unknown_field", "invalid", "inner.town")


def test_free_metadata_takes_any_names_and_keeps_them():
    body = b'{"name": "a", "metadata": {"__type__": "datetime", "value": 1, "$where": "x", "a.b": null}}'
    assert strict.decode(body, Thing).metadata == {"__type__": "datetime", "value": 1, "$where": "x", "a.b": None}


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**63 + 1, 10**40])
def test_integers_stay_where_every_client_can_hold_them(number):
    assert refusal(b'{"name": "a", "count": %d}' % number)[1] == "invalid"
    assert refusal(b'{"name": "a", "metadata": {"x": [%d]}}' % number)[1] == "invalid"


def test_the_largest_integer_is_taken():
    assert strict.decode(b'{"name": "a", "count": %d}' % (2**53 - 1), Thing).count == 2**53 - 1


@pytest.mark.parametrize("body", [b'{"name": "\\u0000"}', b'{"name": "a", "metadata": {"a\\u0000b": 1}}'])
def test_a_nul_is_not_text(body):
    assert refusal(body)[1] == "invalid"


def test_of_a_field_given_twice_the_last_counts():
    assert strict.decode(b'{"name": "a", "name": "b"}', Thing).name == "b"


def test_pairs_of_surrogates_are_characters():
    assert strict.decode(b'{"name": "\\ud83d\\ude00 \\\\ud800"}', Thing).name == "😀 \\ud800"
