"""A session is a family of refresh tokens: each use makes the next generation, and an old one betrays a thief.

Source: RFC 9700, section 4.14.2 (refresh token rotation).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from users.domain.access import ACCESS_LIFE, LEEWAY

REFRESH_LIFE = timedelta(days=30)
#: How long after a rotation the very token that was used may be shown again, by a client that never got the answer. It
#: gets another token of the *same* generation; the first of the two to be used makes the other one an old one.
REPEAT_WINDOW = timedelta(seconds=10)
#: For how long a login shows that the account's owner is there.
FRESH_FOR = timedelta(minutes=10)


class Use(StrEnum):
    """What showing a refresh token turned out to be."""

    ROTATED = "rotated"
    REPEATED = "repeated"
    REUSED = "reused"
    OVER = "over"


@dataclass(eq=False)
class Session:
    """One login. `generation` is that of the tokens that may be used now."""

    id: UUID
    user_id: UUID
    created_at: datetime
    rotated_at: datetime
    expires_at: datetime
    generation: int = 0
    revoked_at: datetime | None = None
    rotated_by: bytes | None = field(default=None, repr=False)  # the digest of the token that made this generation

    @classmethod
    def begun(cls, session_id: UUID, user_id: UUID, at: datetime) -> "Session":
        """A new one."""
        return cls(session_id, user_id, at, at, at + REFRESH_LIFE)

    def alive(self, at: datetime) -> bool:
        """Whether it may still be refreshed."""
        return self.revoked_at is None and at < self.expires_at

    def fresh(self, at: datetime) -> bool:
        """Whether somebody has just logged in."""
        return self.alive(at) and at - self.created_at <= FRESH_FOR

    def use(self, token_digest: bytes, generation: int, at: datetime) -> Use:
        """This token of that generation is shown. ROTATED and REPEATED entitle to a token of the current generation;
        REUSED has revoked the session.
        """
        if not self.alive(at):
            return Use.OVER
        if generation == self.generation:
            self.generation += 1
            self.rotated_at = at
            self.rotated_by = token_digest
            self.expires_at = at + REFRESH_LIFE
            return Use.ROTATED
        if token_digest == self.rotated_by and at - self.rotated_at <= REPEAT_WINDOW:
            return Use.REPEATED
        self.revoke(at)
        return Use.REUSED

    def revoke(self, at: datetime) -> bool:
        """Ends it. False when it had ended already."""
        if self.revoked_at is not None:
            return False
        self.revoked_at = at
        return True

    @property
    def until(self) -> datetime:
        """When the last access token of a revoked session has expired everywhere."""
        return (self.revoked_at or self.expires_at) + ACCESS_LIFE + LEEWAY
