"""What people and programs may write: bounded text without invisible traps, whole numbers within bounds."""

import unicodedata

from chassis.errors import Invalid

_REFUSED = frozenset({"Cc", "Cs"})  # control characters (NUL too) and halves of surrogate pairs


def line(value: str, field: str, longest: int, *, shortest: int = 1) -> str:
    """One line of text without surrounding blanks. Raises Invalid naming the field."""
    return _checked(value.strip(), field, shortest, longest, allowed="")


def paragraph(value: str, field: str, longest: int) -> str:
    """Text of several lines, possibly empty. Raises Invalid naming the field."""
    return _checked(value.replace("\r\n", "\n").strip(), field, 0, longest, allowed="\n\t")


def whole(value: int, field: str, least: int, most: int) -> int:
    """An integer within bounds, both inclusive. Raises Invalid naming the field."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Invalid(f"{field} must be a whole number from {least} to {most}", field=field)
    return value


def _checked(value: str, field: str, shortest: int, longest: int, *, allowed: str) -> str:
    if not shortest <= len(value) <= longest:
        raise Invalid(f"{field} must have {shortest} to {longest} characters", field=field)
    if any(unicodedata.category(character) in _REFUSED and character not in allowed for character in value):
        raise Invalid(f"{field} holds control characters", field=field)
    return value
