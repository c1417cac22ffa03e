"""Telephone numbers."""

import pytest

from chassis.errors import Invalid
from kernel import phones


@pytest.mark.parametrize(
    "written",
    [
        "0912345678",
        "0912-345-678",
        "(0912) 345 678",
        "０９１２－３４５－６７８",
        "+886912345678",
        "+886 912 345 678",
        "+886 0912 345 678",
        "+886-0-912345678",
        "＋８８６　０９１２３４５６７８",
        "886912345678",
        "00886912345678",
        "002886912345678",
        " 0912.345.678 ",
    ],
)
def test_a_mobile_number_has_one_form(written):
    assert phones.normalised(written) == "+886912345678"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("02-2345-6789", "+886223456789"),
        ("(02)23456789", "+886223456789"),
        ("07 123 4567", "+88671234567"),
        ("037-123456", "+88637123456"),
        ("0800-000-123", "+886800000123"),
        ("070-1234-5678", "+8867012345678"),
        ("+81 90 1234 5678", "+819012345678"),
        ("+1 (650) 253-0000", "+16502530000"),
    ],
)
def test_other_numbers(written, kept):
    assert phones.normalised(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "12345678",
        "912345678",
        "091234567",
        "09123456789",
        "0012345678",
        "+0912345678",
        "+886",
        "0912345678#12",
        "call me",
        "٠٩١٢٣٤٥٦٧٨",
        "0" * 100,
        "+1234567890123456",
        "0912345678\0",
    ],
)
def test_what_is_no_number_is_refused(written):
    with pytest.raises(Invalid) as refusal:
        phones.normalised(written, "somewhere")
    assert refusal.value.fields["field"] == "somewhere"
