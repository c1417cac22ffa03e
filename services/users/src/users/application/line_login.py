"""Logging in with LINE. Who the LINE user is has been verified at the door, from a token that LINE signed."""

from dataclasses import dataclass, field
from uuid import UUID

from chassis.errors import Invalid, Unavailable
from kernel import emails
from users.application.entry import count, let_pass
from users.application.issuing import Issuer
from users.application.line import bind
from users.application.ports import Clock, UnitOfWork, Units
from users.application.sessions import lock_from_within
from users.application.views import View
from users.domain.account import Account, Profile, name_from_line
from users.domain.errors import LineTaken
from users.domain.limits import Limits
from users.domain.line import LineBinding, line_user
from users.domain.session import Session

_TRIES = 3


@dataclass(frozen=True)
class LoginByLine:
    """LINE says who this is. The ids are made by the caller; `user_id` is used if there is no account yet."""

    user_id: UUID
    session_id: UUID
    line_user_id: str
    name: str
    email: str | None = field(default=None, repr=False)
    client_ip: str = ""


class LineDoor:
    """Use cases of those who come by LINE."""

    def __init__(self, units: Units, issuer: Issuer, limits: Limits, clock: Clock) -> None:
        self._units = units
        self._issuer = issuer
        self._limits = limits
        self._clock = clock

    def login(self, command: LoginByLine) -> View:
        """A session of the account this LINE user is bound to; the first time, of a new account bound to them.

        Raises Invalid, TooManyRequests, Unavailable.
        """
        line_user_id = line_user(command.line_user_id)
        with self._units() as unit:
            wait = count(unit.throttles, "login", command.client_ip, self._limits.login)
        let_pass(wait)
        sign = self._issuer.signer()
        for _ in range(_TRIES):
            with self._units() as unit:
                profile = _known(unit, line_user_id) or self._first(unit, command, line_user_id)
                if profile is None or unit.accounts.lock(profile.account.id) is None:
                    continue  # somebody else made or deleted the account just now
                if unit.line.owner(line_user_id) != profile.account.id:
                    continue  # whoever had the account locked has ended this way in
                session = Session.begun(command.session_id, profile.account.id, self._clock())
                token = self._issuer.begin(unit.sessions, session)
            return self._issuer.answer(sign, profile, session.id, token)
        raise Unavailable("the account is being changed")

    def link(self, by: UUID, session_id: UUID | None, line_user_id: str) -> None:
        """Binds the caller to this LINE user. Repeating it changes nothing.

        Raises LineTaken when they belong to another account, Invalid, and Unauthenticated also when the caller's
        session has ended, or none is named.
        """
        line_user_id = line_user(line_user_id)
        now = self._clock()
        with self._units() as unit:
            lock_from_within(unit, by, session_id, now)
            own, holder = unit.line.hold(by, line_user_id)
            if holder is not None and holder.user_id != by:
                if unit.accounts.by_id(holder.user_id) is not None:
                    raise LineTaken("this LINE account belongs to another account here: unbind it there first")
                bind(unit, holder, None, now)
            bind(unit, own or LineBinding(by, None, now), line_user_id, now)

    def _first(self, unit: UnitOfWork, command: LoginByLine, line_user_id: str) -> Profile | None:
        """A new account; None when another call has made it meanwhile. Links are made one at a time.

        An account that is found here is not locked here: whoever links locks the account first, the links second.
        """
        now = self._clock()
        own, holder = unit.line.hold(command.user_id, line_user_id)
        if holder is not None:
            if unit.accounts.by_id(holder.user_id) is not None:
                return None
            bind(unit, holder, None, now)  # whose account is gone holds nobody up
        account = Account.from_line(command.user_id, _free(unit, command.email), name_from_line(command.name), now)
        if not unit.accounts.add(account):
            account.email = account.email_verified_at = None  # the address was taken a moment ago
            if not unit.accounts.add(account):
                raise Invalid("user_id is taken", field="user_id")
        bind(unit, own or LineBinding(account.id, None, now), line_user_id, now)
        return Profile(account, line_bound=True)


def _known(unit: UnitOfWork, line_user_id: str) -> Profile | None:
    owner = unit.line.owner(line_user_id)
    return unit.accounts.by_id(owner) if owner else None


def _free(unit: UnitOfWork, address: str | None) -> str | None:
    """The address as it is kept, if it is one and nobody has it."""
    try:
        wanted = emails.normalised(address) if address else None
    except Invalid:
        return None
    return wanted if wanted and unit.accounts.by_email(wanted) is None else None
