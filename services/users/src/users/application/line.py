"""Binding an account to a LINE user."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from users.application import views
from users.application.ports import Clock, NewSecret, Policy, UnitOfWork, Units
from users.application.sessions import lock_from_within
from users.application.views import View
from users.domain.errors import LastWayIn
from users.domain.events import LineChanged
from users.domain.line import MOST_NONCES, NONCE_LIFE, IssuedNonce, LineBinding, link_url
from users.domain.secret import digest

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AccountLinked:
    """LINE says: this LINE user opened the link that carried this nonce. `ok` when the link was made."""

    nonce: str = field(repr=False)
    line_user_id: str
    ok: bool
    at: datetime


class LineDesk:
    """Use cases of the binding."""

    def __init__(self, units: Units, policy: Policy, clock: Clock, new_secret: NewSecret) -> None:
        self._units = units
        self._policy = policy
        self._clock = clock
        self._new_secret = new_secret

    def begin(self, by: UUID, session_id: UUID | None, link_token: str | None) -> View:
        """A nonce for the caller, and where to go with it when LINE's link token is known.

        Raises Invalid, and Unauthenticated also when the caller's session has ended, or none is named.
        """
        now = self._clock()
        nonce = self._new_secret()
        url = None if link_token is None else link_url(self._policy.line_access_url, link_token, nonce)
        with self._units() as unit:
            lock_from_within(unit, by, session_id, now)
            unit.line.issue(IssuedNonce(digest(nonce), by, now + NONCE_LIFE), MOST_NONCES)
        return views.line_nonce(nonce, url)

    def hold(self, links: Sequence[AccountLinked], unit: UnitOfWork) -> None:
        """Locks whom these would bind, before the first is bound: in the order of their ids, as each batch does, and
        before any binding, as everybody does.
        """
        for owner in sorted(unit.line.issued_to([digest(said.nonce) for said in links])):
            unit.accounts.lock(owner)

    def linked(self, said: AccountLinked, unit: UnitOfWork) -> None:
        """Binds whom the nonce was issued to, within the transaction of the event.

        A nonce that is unknown, spent or too old binds nobody. A LINE user who was bound to another account moves,
        unless that account can be entered by LINE alone.
        """
        issued = unit.line.spend(digest(said.nonce))
        if issued is None or not said.ok or said.at > issued.expires_at:
            log.info("an account link bound nobody: %s", _why(issued, said))
            return
        if unit.accounts.lock(issued.user_id) is None:
            log.info("an account link bound nobody: its account is gone")
            return
        own, holder = unit.line.hold(issued.user_id, said.line_user_id)
        now = self._clock()
        if holder is not None and holder.user_id != issued.user_id:
            if _only_by_line(unit, holder.user_id):
                log.info("an account link bound nobody: its LINE user is the only way into another account")
                return
            bind(unit, holder, None, now)
        bind(unit, own or LineBinding(issued.user_id, None, now), said.line_user_id, now)

    def unbind(self, by: UUID) -> None:
        """The caller has no LINE user any more. Repeating it changes nothing. Raises LastWayIn."""
        with self._units() as unit:
            account = unit.accounts.lock(by)
            binding = unit.line.get(by)
            if account is None or binding is None or binding.line_user_id is None:
                return
            if not account.enterable_without_line:
                raise LastWayIn("this account has no e-mail address: without LINE nobody could log in")
            bind(unit, binding, None, self._clock())


def bind(unit: UnitOfWork, binding: LineBinding, line_user_id: str | None, at: datetime) -> None:
    """Binds a held binding to this LINE user, or to none, and tells everybody if that is news."""
    if binding.bind(line_user_id, at):
        unit.line.save(binding)
        unit.publish(LineChanged(binding))


def _only_by_line(unit: UnitOfWork, user_id: UUID) -> bool:
    profile = unit.accounts.by_id(user_id)
    return profile is not None and not profile.account.enterable_without_line


def _why(issued: IssuedNonce | None, said: AccountLinked) -> str:
    if issued is None:
        return "its nonce is unknown or spent"
    return "its nonce is too old" if said.ok else "LINE could not make the link"
