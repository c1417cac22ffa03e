"""When which signing key signs and is published. A new key is published before it signs, an old one until its last
token is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from users.domain.access import ACCESS_LIFE, LEEWAY

KEY_LIFE = timedelta(days=30)
#: Verifiers that keep the published keys have this long to fetch a new one before it signs.
PUBLISHED_BEFORE = timedelta(minutes=10)
#: How much longer than its last token an old key stays published.
MARGIN = timedelta(hours=1)


@dataclass(frozen=True)
class SigningKey:
    """A key pair. `public` is its JWK (RFC 7517), `sealed` the private part as it is stored."""

    id: str
    public: dict[str, str]
    sealed: bytes = field(repr=False)
    signs_from: datetime


def signing(keys: Sequence[SigningKey], at: datetime) -> SigningKey | None:
    """The key that signs now: the newest that may. By a clock so late that none may yet, the oldest. None of none."""
    may = [key for key in keys if key.signs_from <= at]
    if may:
        return max(may, key=_age)
    return min(keys, key=_age, default=None)


def published(keys: Sequence[SigningKey], at: datetime) -> list[SigningKey]:
    """The keys a verifier has to know now, the newest first."""
    ordered = sorted(keys, key=_age, reverse=True)
    return [key for key, newer in zip(ordered, [None, *ordered], strict=False) if newer is None or not _gone(newer, at)]


def retired(keys: Sequence[SigningKey], at: datetime) -> list[SigningKey]:
    """The keys nobody needs any more."""
    needed = {key.id for key in published(keys, at)}
    return [key for key in keys if key.id not in needed]


def next_signs_from(keys: Sequence[SigningKey], at: datetime) -> datetime | None:
    """When a key made now would sign; None when none is due. The first one signs at once."""
    if not keys:
        return at
    newest = max(key.signs_from for key in keys)
    return at + PUBLISHED_BEFORE if newest + KEY_LIFE <= at else None


def _age(key: SigningKey) -> datetime:
    return key.signs_from


def _gone(newer: SigningKey, at: datetime) -> bool:
    """Whether the last token of the key before this one has expired everywhere."""
    return newer.signs_from + ACCESS_LIFE + LEEWAY + MARGIN <= at
