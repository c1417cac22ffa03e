"""From the wire to commands: what does not fit is refused with a code, never an accident."""

import msgspec
import pytest

from chassis import decode
from chassis.errors import Forbidden, Invalid, Missing, Unauthenticated
from chassis.ids import uuid7

USER = uuid7()
PRINCIPAL = {"user_id": str(USER), "session_id": "s", "roles": []}


class Wanted(msgspec.Struct, kw_only=True):
    """A request."""

    name: str
    count: int = 1


def test_a_payload_becomes_its_struct():
    assert decode.request({"name": "茶", "more": 1}, Wanted) == Wanted(name="茶")


@pytest.mark.parametrize("payload", [{}, {"name": 1}, {"name": "x", "count": "1"}, None, [], "x"])
def test_what_does_not_fit_is_invalid(payload):
    with pytest.raises(Invalid, match=r"."):
        decode.request(payload, Wanted)


def test_who_calls():
    assert decode.caller(PRINCIPAL) == decode.visitor(PRINCIPAL) == USER
    assert decode.visitor(None) is None
    with pytest.raises(Unauthenticated):
        decode.caller(None)


def test_operators_are_told_by_their_role():
    assert decode.operator({**PRINCIPAL, "roles": ["operator"]}) == USER
    with pytest.raises(Forbidden):
        decode.operator(PRINCIPAL)
    with pytest.raises(Unauthenticated):
        decode.operator(None)


def test_what_is_no_id_names_nothing_and_makes_nothing():
    assert decode.there(str(USER)) == decode.new(str(USER), "shop_id") == USER
    with pytest.raises(Missing):
        decode.there("7")
    with pytest.raises(Invalid) as refused:
        decode.new("7", "shop_id")
    assert refused.value.fields == {"field": "shop_id"}


def test_known_ids_are_each_once_and_not_too_many():
    assert decode.known([str(USER), "x", str(USER).upper()]) == [USER]
    assert len(decode.known([str(uuid7()) for _ in range(decode.MOST_IDS)])) == decode.MOST_IDS
    with pytest.raises(Invalid):
        decode.known(["x"] * (decode.MOST_IDS + 1))


def test_a_page_has_a_beginning_and_a_length():
    assert decode.page(None, 20) == (None, 20)
    assert decode.page(str(USER), 1) == (USER, 1)
    for cursor, limit in ((None, 0), (None, decode.LARGEST_PAGE + 1), ("x", 5)):
        with pytest.raises(Invalid):
            decode.page(cursor, limit)
