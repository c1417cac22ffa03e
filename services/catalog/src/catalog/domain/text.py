"""What people and programs may write: text without invisible traps, documents of a bounded size."""

import json
import unicodedata
from typing import Any

from catalog.domain.errors import DocumentTooLarge
from chassis.errors import Invalid

_REFUSED = frozenset({"Cc", "Cs"})  # control characters (NUL too) and halves of surrogate pairs


def line(value: str, field: str, longest: int, *, shortest: int = 1) -> str:
    """One line of text without surrounding blanks. Raises Invalid naming the field."""
    return _checked(value.strip(), field, shortest, longest, allowed="")


def paragraph(value: str, field: str, longest: int) -> str:
    """Text of several lines, possibly empty. Raises Invalid naming the field."""
    return _checked(value.replace("\r\n", "\n").strip(), field, 0, longest, allowed="\n\t")


def _checked(value: str, field: str, shortest: int, longest: int, *, allowed: str) -> str:
    if not shortest <= len(value) <= longest:
        raise Invalid(f"{field} must have {shortest} to {longest} characters", field=field)
    if not value.isprintable() and any(  # what is printable holds neither
        unicodedata.category(character) in _REFUSED and character not in allowed for character in value
    ):
        raise Invalid(f"{field} holds control characters", field=field)
    return value


def document(value: dict[str, Any], field: str, *, largest: int, deepest: int = 32) -> dict[str, Any]:
    """A free JSON object of at most `largest` bytes and `deepest` levels. Raises Invalid, DocumentTooLarge."""
    _measure(value, field, deepest)
    try:
        size = len(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode())
    except (ValueError, UnicodeEncodeError) as error:
        raise Invalid(f"{field} holds what JSON cannot say", field=field) from error
    if size > largest:
        raise DocumentTooLarge(f"{field} must not be larger than {largest} bytes", field=field, limit=largest)
    return value


def _measure(value: Any, field: str, left: int) -> None:
    if left < 0:
        raise Invalid(f"{field} is nested too deeply", field=field)
    if isinstance(value, dict):
        for key, inner in value.items():
            _without_nul(key, field)
            _measure(inner, field, left - 1)
    elif isinstance(value, list):
        for inner in value:
            _measure(inner, field, left - 1)
    elif isinstance(value, str):
        _without_nul(value, field)


def _without_nul(value: str, field: str) -> None:
    if "\0" in value:
        raise Invalid(f"{field} holds a NUL character", field=field)


def whole(value: int, field: str, least: int, most: int) -> int:
    """An integer within bounds, both inclusive. Raises Invalid naming the field."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Invalid(f"{field} must be a whole number from {least} to {most}", field=field)
    return value
