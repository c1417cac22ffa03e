"""Tokens for those who are in: an access token to show, a refresh token to come back with."""

from uuid import UUID

from chassis.errors import Missing
from users.application import views
from users.application.keys import KeyRing
from users.application.ports import Clock, NewId, NewSecret, Policy, Sessions, Sign
from users.application.views import View
from users.domain import access
from users.domain.account import Profile
from users.domain.secret import digest
from users.domain.session import Session


class Issuer:
    """Makes both."""

    def __init__(self, keys: KeyRing, policy: Policy, clock: Clock, new_id: NewId, new_secret: NewSecret) -> None:
        self._keys = keys
        self._policy = policy
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret

    def signer(self) -> Sign:
        """What `answer` will sign with; fetched before anything is committed, so that nothing is made in vain.

        Raises Unavailable.
        """
        return self._keys.signer()

    def begin(self, sessions: Sessions, session: Session) -> str:
        """Begins the session, or goes on with it when this very call did already; answers a refresh token of it."""
        stored = sessions.begin(session)
        if stored.user_id != session.user_id or not stored.alive(session.created_at):
            raise Missing
        return self.refresh_token(sessions, stored)

    def refresh_token(self, sessions: Sessions, session: Session) -> str:
        """A new token of the session's generation."""
        token = self._new_secret()
        sessions.issue(session, digest(token), self._clock())
        return token

    def answer(self, sign: Sign, profile: Profile, session_id: UUID, refresh_token: str) -> View:
        """What register, login and refresh answer."""
        claims = access.claims(
            issuer=self._policy.issuer,
            audience=self._policy.audience,
            user_id=profile.account.id,
            session_id=session_id,
            roles=profile.account.roles,
            token_id=self._new_id(),
            at=self._clock(),
        )
        return {
            "user": views.user(profile),
            "access_token": sign(claims),
            "refresh_token": refresh_token,
            "expires_in": int(access.ACCESS_LIFE.total_seconds()),
        }
