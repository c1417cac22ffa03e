"""Who calls: from a token to a caller whose session still stands."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from chassis.errors import Unauthenticated, Unavailable
from gateway.application.sessions import RevokedSessions

MOST_TOKENS = 20_000


class TokenExpired(Unauthenticated):
    """The access token's time is over: refresh it."""

    code = "token_expired"


class TokenInvalid(Unauthenticated):
    """Not a token of ours."""

    code = "token_invalid"


class SessionRevoked(Unauthenticated):
    """The session was ended: log in again."""

    code = "session_revoked"


@dataclass(frozen=True)
class Caller:
    """A verified user. `expires_at` in seconds since the epoch."""

    user_id: str
    session_id: str
    roles: tuple[str, ...]
    expires_at: float

    @property
    def principal(self) -> dict[str, Any]:
        """How services are told who calls."""
        return {"user_id": self.user_id, "session_id": self.session_id, "roles": list(self.roles)}


class Verifier(Protocol):
    """Checks a token's form, signature and claims."""

    async def verify(self, token: str) -> Caller:
        """The caller a token names. Raises Unauthenticated; Unavailable when the keys cannot be had."""


class Access:
    """Turns tokens into callers. Verified tokens are remembered, so that a signature is checked once."""

    def __init__(self, verifier: Verifier, revoked: RevokedSessions, now: Callable[[], float]) -> None:
        self._verifier = verifier
        self._revoked = revoked
        self._now = now
        self._verified: OrderedDict[str, Caller] = OrderedDict()

    async def caller(self, token: str) -> Caller:
        """Who this token stands for. Raises Unauthenticated, Unavailable."""
        if not self._revoked.known:
            raise Unavailable("the list of ended sessions is not there yet")
        caller = self._verified.get(token)
        if caller is None:
            caller = await self._verifier.verify(token)
            self._verified[token] = caller
            if len(self._verified) > MOST_TOKENS:
                self._verified.popitem(last=False)
        if caller.expires_at <= self._now():
            del self._verified[token]
            raise TokenExpired("the access token has expired")
        if caller.session_id in self._revoked:
            raise SessionRevoked("this session was ended")
        return caller

    def stands(self, session_id: str) -> bool:
        """Whether a session is not known to have ended."""
        return session_id not in self._revoked

    def forget(self) -> None:
        """Verifies every token anew: the keys have changed."""
        self._verified.clear()
