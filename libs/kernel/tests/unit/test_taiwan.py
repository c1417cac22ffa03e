"""Places of Taiwan."""

import pytest

from chassis.errors import Invalid
from kernel.taiwan import CITIES, Place, place


def test_there_are_22_cities_and_368_districts_with_three_digits_each():
    assert len(CITIES) == 22
    assert sum(len(districts) for districts in CITIES.values()) == 368
    codes = [code for districts in CITIES.values() for code in districts.values()]
    assert all(len(code) == 3 and code.isdigit() for code in codes)


def test_only_the_two_cities_without_districts_of_the_post_share_a_code():
    shared = {}
    for city, districts in CITIES.items():
        for code in districts.values():
            shared.setdefault(code, []).append(city)
    assert {code: set(cities) for code, cities in shared.items() if len(cities) > 1} == {
        "300": {"新竹市"},
        "600": {"嘉義市"},
    }


@pytest.mark.parametrize("code", ["103", "10341", "103015", " 103-41 ", "１０３"])
def test_a_code_of_3_5_or_6_digits_fits_when_it_begins_rightly(code):
    assert place("台北市", " 大同區 ", code) == Place(
        "臺北市", "大同區", code.strip().replace("-", "").replace("１０３", "103")
    )


@pytest.mark.parametrize(
    ("city", "district", "code", "field"),
    [
        ("台西市", "大同區", "103", "city"),
        ("臺北市", "板橋區", "220", "district"),
        ("臺北市", "大同區", "104", "postal_code"),
        ("臺北市", "大同區", "1034", "postal_code"),
        ("臺北市", "大同區", "", "postal_code"),
        ("臺北市", "大同區", "103" * 100, "postal_code"),
        ("", "大同區", "103", "city"),
        ("臺北市" * 20, "大同區", "103", "city"),
        ("臺北市", "大同區", "103x1", "postal_code"),
    ],
)
def test_what_is_not_there_is_named(city, district, code, field):
    with pytest.raises(Invalid) as refused:
        place(city, district, code, "address.")
    assert refused.value.fields["field"] == f"address.{field}"
