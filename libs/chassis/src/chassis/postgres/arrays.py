"""Arrays as one constant. A Python list becomes `ARRAY[…]`, an expression to parse and plan for every element."""

from collections.abc import Iterable
from uuid import UUID

Element = UUID | str | int | bytes | None


def array(values: Iterable[Element]) -> str:
    """PostgreSQL's array literal of these values, for a parameter that is cast: `%s::uuid[]`.

    Source: PostgreSQL 15, sections 8.15.2 and 8.4.1.
    """
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Element) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    return "NULL" if value is None else str(value)
