"""Expected errors: one class, a stable code and a kind. Entry points turn them into HTTP or RPC answers once."""

from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What sort of refusal it is; the gateway's one table turns it into a status."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    CONFLICT = "conflict"
    PRECONDITION = "precondition"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    INVALID = "invalid"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"


class Refusal(Exception):
    """A request that cannot be done as asked. Subclasses set `code` and `kind`.

    `detail` is a sentence for people; `fields` holds plain JSON values for programs. Neither ever holds a secret.
    """

    code: str = "refused"
    kind: Kind = Kind.INVALID

    def __init__(self, detail: str = "", **fields: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields

    def as_dict(self) -> dict[str, Any]:
        """The wire form of an RPC's typed error: code, kind, detail, fields."""
        return {"code": self.code, "kind": self.kind.value, "detail": self.detail, "fields": self.fields}

    @staticmethod
    def from_dict(raw: dict[str, Any]) -> "Refusal":
        """The refusal a remote service sent: its code and kind stand on the instance, Unavailable stays catchable."""
        try:
            kind = Kind(raw.get("kind", Kind.INVALID))
        except ValueError:  # one that a later release knows
            kind = Kind.INVALID
        refusal = (Unavailable if kind is Kind.UNAVAILABLE else Refusal)(str(raw.get("detail", "")))
        refusal.fields = dict(raw.get("fields", {}))
        refusal.code = str(raw.get("code", refusal.code))
        refusal.kind = kind
        return refusal


class Malformed(Refusal):
    """The request cannot be read at all."""

    code = "malformed"
    kind = Kind.MALFORMED


class Invalid(Refusal):
    """The request can be read, but a value in it is not allowed."""

    code = "invalid"


class Missing(Refusal):
    """Not there, or not the caller's: both look the same."""

    code = "not_found"
    kind = Kind.MISSING


class Unauthenticated(Refusal):
    """Nobody, or nobody any more."""

    code = "unauthenticated"
    kind = Kind.UNAUTHENTICATED


class Forbidden(Refusal):
    """Known, but not allowed."""

    code = "forbidden"
    kind = Kind.FORBIDDEN


class StaleVersion(Refusal):
    """Somebody else changed it first."""

    code = "stale_version"
    kind = Kind.CONFLICT


class Unavailable(Refusal):
    """A part that is needed is not there now; the same request may work later."""

    code = "unavailable"
    kind = Kind.UNAVAILABLE


class DeadlineExceeded(Unavailable):
    """No answer within the deadline; whether the work was done is unknown."""

    code = "deadline_exceeded"


class DatabaseUnavailable(Unavailable):
    """The database is away, too slow, or full. Nothing of this transaction is left."""

    code = "database_unavailable"


class StatementTimeout(DatabaseUnavailable):
    """The database is there, and ended a statement that took too long or waited too long for another's lock."""


class CommitUnknown(DatabaseUnavailable):
    """The connection was lost during the commit: it may stand or not. Repeat the same call; its key tells."""

    code = "commit_unknown"
