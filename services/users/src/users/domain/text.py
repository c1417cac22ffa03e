"""What people may write: text without invisible traps."""

import unicodedata

from chassis.errors import Invalid

_REFUSED = frozenset({"Cc", "Cs"})  # control characters (NUL too) and halves of surrogate pairs


def line(value: str, field: str, longest: int, *, shortest: int = 1) -> str:
    """One line of text without surrounding blanks. Raises Invalid naming the field."""
    value = value.strip()
    if not shortest <= len(value) <= longest:
        raise Invalid(f"{field} must have {shortest} to {longest} characters", field=field)
    if any(unicodedata.category(character) in _REFUSED for character in value):
        raise Invalid(f"{field} holds control characters", field=field)
    return value


def cleaned(value: str, longest: int) -> str:
    """What of a text may be one line: for what comes from elsewhere and nobody can be asked to correct."""
    return "".join(one for one in value if unicodedata.category(one) not in _REFUSED).strip()[:longest].strip()
