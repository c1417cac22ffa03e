"""GTIN: the number under the bar code."""

from chassis.errors import Invalid

LENGTHS = frozenset({8, 12, 13, 14})


def gtin(value: str | None) -> str | None:
    """A GTIN-8, -12, -13 or -14 whose check digit is right; blank means none. Raises Invalid.

    Source: GS1 General Specifications, section 7.9 (check digit calculations).
    """
    digits = (value or "").strip()
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) in LENGTHS):
        raise Invalid("a GTIN has 8, 12, 13 or 14 digits", field="gtin")
    weighed = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits[:-1])))
    if (weighed + int(digits[-1])) % 10:
        raise Invalid("the GTIN's check digit is wrong", field="gtin")
    return digits
