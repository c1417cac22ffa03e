"""Staying in and leaving: refresh, logout, and who has left."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from chassis.errors import Invalid, Unauthenticated
from users.application import views
from users.application.issuing import Issuer
from users.application.ports import Clock, UnitOfWork, Units
from users.application.views import View
from users.domain.errors import InvalidRefreshToken
from users.domain.events import SessionRevoked
from users.domain.secret import digest
from users.domain.session import Session, Use

log = logging.getLogger(__name__)

LONGEST_LOOK_BACK = 3600  # seconds


class SessionDesk:
    """Use cases of sessions."""

    def __init__(self, units: Units, reading: Units, issuer: Issuer, clock: Clock) -> None:
        self._units = units
        self._reading = reading
        self._issuer = issuer
        self._clock = clock

    def refresh(self, refresh_token: str) -> View:
        """New tokens for a refresh token. Showing one again revokes its session. Raises InvalidRefreshToken."""
        sign, used = self._issuer.signer(), digest(refresh_token)
        with self._units() as unit:
            shown = unit.sessions.shown(used)
            use = shown.session.use(used, shown.generation, self._clock()) if shown else Use.OVER
            token = None
            if shown is not None and use in (Use.ROTATED, Use.REPEATED):
                unit.sessions.save(shown.session)
                token = self._issuer.refresh_token(unit.sessions, shown.session)
            elif shown is not None and use is Use.REUSED:
                log.warning("a refresh token was used again: session %s is revoked", shown.session.id)
                unit.sessions.save(shown.session)
                unit.publish(SessionRevoked(shown.session))
        if shown is None or token is None:
            raise InvalidRefreshToken("log in again")
        return self._issuer.answer(sign, shown.profile, shown.session.id, token)

    def logout(self, by: UUID | None, session_id: UUID | None, refresh_token: str | None) -> None:
        """Ends the caller's session and the one the token belongs to. Repeating it changes nothing.

        Raises Unauthenticated when it is called with neither.
        """
        if session_id is None and refresh_token is None:
            raise Unauthenticated("log in first")
        # one after the other: whoever holds two sessions takes them in the order of their ids, which is not known yet
        if refresh_token is not None:
            with self._units() as unit:
                shown = unit.sessions.shown(digest(refresh_token))
                self._revoke(unit, shown.session if shown else None)
        if session_id is not None:
            with self._units() as unit:
                session = unit.sessions.get(session_id)
                self._revoke(unit, session if session and session.user_id == by else None)

    def revoked(self, seconds: int) -> View:
        """Sessions revoked in the last so many seconds. Raises Invalid."""
        if not 1 <= seconds <= LONGEST_LOOK_BACK:
            raise Invalid(f"seconds must be 1 to {LONGEST_LOOK_BACK}", field="seconds")
        with self._reading() as unit:
            found = unit.sessions.revoked_since(self._clock() - timedelta(seconds=seconds))
        return {"items": [views.revoked(session) for session in found]}

    def _revoke(self, unit: UnitOfWork, session: Session | None) -> None:
        if session is not None and session.revoke(self._clock()):
            unit.sessions.save(session)
            unit.publish(SessionRevoked(session))


def lock_from_within(unit: UnitOfWork, by: UUID, session_id: UUID | None, at: datetime) -> None:
    """Locks the caller's account before another way into it is made, which is done from a living session of it alone.

    The access token of a session that has ended is good until its gateway hears of that: whoever was locked out could
    make themselves a way back. A caller who names no session is as little inside. Raises Unauthenticated.
    """
    if unit.accounts.lock(by) is None:
        raise Unauthenticated("this account is gone")
    session = unit.sessions.get(session_id) if session_id else None
    if session is None or session.user_id != by or not session.alive(at):
        raise Unauthenticated("this session has ended")


def revoke_all(unit: UnitOfWork, user_id: UUID, at: datetime, *, but: UUID | None = None) -> None:
    """Ends every session of an account, except the one named."""
    for session in unit.sessions.living(user_id):
        if session.id != but and session.revoke(at):
            unit.sessions.save(session)
            unit.publish(SessionRevoked(session))
