"""From the wire to commands: payloads become contract structs, texts become ids. For all entry points."""

from typing import Any, TypeVar
from uuid import UUID

import msgspec

from chassis.errors import Forbidden, Invalid, Missing, Unauthenticated

T = TypeVar("T")

Principal = dict[str, Any] | None
Payload = Any

MOST_IDS = 200
LARGEST_PAGE = 100


def request(payload: Payload, kind: type[T]) -> T:
    """The payload as this struct. Raises Invalid with what does not fit."""
    try:
        return msgspec.convert(payload, kind)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from error


def caller(principal: Principal) -> UUID:
    """Who calls. Raises Unauthenticated."""
    user = visitor(principal)
    if user is None:
        raise Unauthenticated("log in first")
    return user


def visitor(principal: Principal) -> UUID | None:
    """Who calls, or None for anybody."""
    return UUID(principal["user_id"]) if principal else None


def operator(principal: Principal) -> UUID:
    """The platform operator who calls. Raises Unauthenticated, Forbidden."""
    user = caller(principal)
    if "operator" not in (principal or {}).get("roles", ()):
        raise Forbidden("only a platform operator may do this")
    return user


def there(text: str) -> UUID:
    """The id of something that should exist. What is not an id names nothing: Missing."""
    try:
        return UUID(text)
    except ValueError:
        raise Missing from None


def new(text: str, field: str) -> UUID:
    """The id of something to be made. Raises Invalid."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(f"{field} is not an id", field=field) from None


def known(texts: list[str]) -> list[UUID]:
    """The ids among these texts, each once. Raises Invalid for too many."""
    if len(texts) > MOST_IDS:
        raise Invalid(f"at most {MOST_IDS} ids at once", field="ids")
    found: dict[UUID, None] = {}
    for text in texts:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    return list(found)


def page(cursor: str | None, limit: int) -> tuple[UUID | None, int]:
    """Where a page begins and how long it is. Raises Invalid."""
    if not 1 <= limit <= LARGEST_PAGE:
        raise Invalid(f"limit must be 1 to {LARGEST_PAGE}", field="limit")
    return (new(cursor, "cursor") if cursor else None), limit
