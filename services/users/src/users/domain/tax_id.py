"""統一編號, the number of a company. Source: 財政部, 營利事業統一編號檢查碼邏輯修正說明 (in force since April 2023)."""

import unicodedata

from chassis.errors import Invalid

_WEIGHTS = (1, 2, 1, 2, 1, 2, 4, 1)
_DIVISOR = 5  # numbers of before 2023 are divisible by 10, so they still fit
_LONGEST = 20  # as written


def normalised(text: str, field: str = "tax_id") -> str:
    """Its eight digits. Raises Invalid naming the field.

    The digits of each product are added up. A seventh digit of 7 makes 28, so 10, which counts as 1 or as 0.
    """
    digits = unicodedata.normalize("NFKC", text).strip() if len(text) <= _LONGEST else ""
    if len(digits) != len(_WEIGHTS) or not digits.isascii() or not digits.isdigit() or digits == "00000000":
        raise _invalid(field)
    products = [int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)]
    total = sum(product // 10 + product % 10 for product in products)
    if total % _DIVISOR and not (digits[6] == "7" and (total + 1) % _DIVISOR == 0):
        raise _invalid(field)
    return digits


def _invalid(field: str) -> Invalid:
    return Invalid(f"{field} is not a 統一編號", field=field)
