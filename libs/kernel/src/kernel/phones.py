"""Telephone numbers as people in Taiwan write them, kept as E.164."""

import re
import unicodedata

from chassis.errors import Invalid

_BETWEEN = re.compile(r"[\s().\-‐‑‒–—―−·]")
# After +886: mobile 9xxxxxxxx, internet telephony 70xxxxxxxx, landlines with their area code (8 or 9 digits).
_TAIWAN = re.compile(r"9[0-9]{8}|70[0-9]{8}|[2-8][0-9]{7,8}")
_ELSEWHERE = re.compile(r"[1-9][0-9]{7,14}")
_LONGEST = 40  # as written


def normalised(text: str, field: str = "phone") -> str:
    """The number as E.164: `０９１２－３４５－６７８` and `+886 0912 345 678` are both `+886912345678`.

    A number without a country code is Taiwanese. Raises Invalid naming the field.
    """
    if len(text) > _LONGEST:
        raise _invalid(field)
    digits = _BETWEEN.sub("", unicodedata.normalize("NFKC", text))
    for international in ("+", "00", "002"):  # 002 is how Taiwan dials abroad
        if digits.startswith(f"{international}886"):
            return _taiwanese(digits[len(international) + 3 :], field)
    if digits.startswith("886"):
        return _taiwanese(digits[3:], field)
    if digits.startswith("+"):
        if not _ELSEWHERE.fullmatch(digits[1:]):
            raise _invalid(field)
        return digits
    if not digits.startswith("0"):
        raise _invalid(field)
    return _taiwanese(digits, field)


def _taiwanese(rest: str, field: str) -> str:
    number = rest.removeprefix("0")  # the trunk zero belongs to calls inside the country only
    if not _TAIWAN.fullmatch(number):
        raise _invalid(field)
    return f"+886{number}"


def _invalid(field: str) -> Invalid:
    return Invalid(f"{field} is not a telephone number", field=field)
