"""Destinations."""

import pytest

from chassis.errors import Invalid
from chassis.ids import uuid7
from orders.domain.delivery import METHODS, TO_A_STORE, Destination

CONTACT = {"name": "王小美", "phone": "+886 912 345 678"}
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
    "change",
    [{"phone": "call me"}, {"postal_code": "12a"}, {"line": ""}, {"name": "x" * 61}, {"city": "\0"}, {"extra": "x"}],
)
def test_parts_are_checked(change):
    with pytest.raises(Invalid) as refused:
        Destination.of(uuid7(), "home_delivery", {**HOME, **change}, None)
    assert refused.value.fields["field"].startswith("shipping.address")


def test_unknown_methods_are_refused():
    with pytest.raises(Invalid):
        Destination.of(uuid7(), "drone", HOME, None)
