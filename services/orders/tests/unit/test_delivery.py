"""Destinations."""

import pytest

from chassis.errors import Invalid
from chassis.ids import uuid7
from orders.domain.delivery import METHODS, TO_A_STORE, Destination

CONTACT = {"name": "王小美", "phone": "+886912345678"}
HOME = {**CONTACT, "city": "臺北市", "district": "大同區", "postal_code": "103", "line": "寧夏路 1 號"}
STORE = {**CONTACT, "store_id": "991182", "store_name": "寧夏門市"}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_takes_what_it_needs_and_nothing_else(method):
    if method in TO_A_STORE:
        assert Destination.of(uuid7(), method, None, STORE).as_dict() == {"method": method, "store": STORE}
        wrong = [(HOME, None), (HOME, STORE), (None, None), (None, HOME)]
    else:
        right = CONTACT if method == "face_to_face" else HOME
        assert Destination.of(uuid7(), method, right, None).as_dict() == {"method": method, "address": right}
        wrong = [(None, STORE), (HOME, STORE), (None, None), (STORE, None)]
    for address, store in wrong:
        with pytest.raises(Invalid):
            Destination.of(uuid7(), method, address, store)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "call me"),
        ("phone", "091234567"),
        ("city", "台西市"),
        ("city", "\0"),
        ("district", "板橋區"),
        ("postal_code", "12a"),
        ("postal_code", "104"),
        ("line", ""),
        ("name", "x" * 61),
    ],
)
def test_what_is_wrong_with_an_address_is_named(field, value):
    for method in ("home_delivery", "post", "face_to_face"):
        with pytest.raises(Invalid) as refused:
            Destination.of(uuid7(), method, {**HOME, field: value}, None)
        assert refused.value.fields["field"] == f"shipping.address.{field}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "119"),
        ("store_id", ""),
        ("store_id", "寧夏"),
        ("store_id", "1" * 11),
        ("store_id", "9" * 10**6),
        ("store_id", "99-11"),
        ("store_name", ""),
        ("name", "\n"),
    ],
)
def test_what_is_wrong_with_a_store_is_named(field, value):
    with pytest.raises(Invalid) as refused:
        Destination.of(uuid7(), "store_711", None, {**STORE, field: value})
    assert refused.value.fields["field"] == f"shipping.store.{field}"


def test_an_order_keeps_an_address_as_the_post_and_the_telephone_write_it():
    written = {**HOME, "city": "台北市", "district": " 大同區", "postal_code": "103-41", "phone": "（02）2345-6789"}
    kept = Destination.of(uuid7(), "post", written, None).address
    assert kept == {**HOME, "postal_code": "10341", "phone": "+886223456789"}


def test_a_store_number_may_be_wide_and_small():
    assert Destination.of(uuid7(), "store_ok", None, {**STORE, "store_id": " ９９a1 "}).store["store_id"] == "99A1"


def test_face_to_face_takes_a_whole_place_or_none():
    assert Destination.of(uuid7(), "face_to_face", {**CONTACT, "line": "捷運站出口"}, None).address["line"]
    assert Destination.of(uuid7(), "face_to_face", HOME, None).address == HOME
    with pytest.raises(Invalid) as refused:
        Destination.of(uuid7(), "face_to_face", {**CONTACT, "city": "臺北市"}, None)
    assert refused.value.fields["field"] == "shipping.address"


def test_fields_that_no_address_has_are_refused():
    with pytest.raises(Invalid):
        Destination.of(uuid7(), "home_delivery", {**HOME, "extra": "x"}, None)


def test_unknown_methods_are_refused():
    with pytest.raises(Invalid):
        Destination.of(uuid7(), "drone", HOME, None)
