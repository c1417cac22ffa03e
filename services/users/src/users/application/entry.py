"""Getting in: register and login."""

import math
from dataclasses import dataclass, field
from uuid import UUID

from chassis.errors import Invalid, Unavailable
from kernel import emails
from users.application.issuing import Issuer
from users.application.ports import Clock, NewId, Passwords, Throttles, UnitOfWork, Units
from users.application.views import View
from users.domain import password
from users.domain.account import Account, Profile, name_of
from users.domain.errors import EmailTaken, InvalidCredentials, TooManyRequests
from users.domain.limits import Limit, Limits, network_of
from users.domain.mail import Mail, Purpose
from users.domain.secret import digest
from users.domain.session import Session


@dataclass(frozen=True)
class Register:
    """Somebody wants an account. Both ids are made by the caller, so repeating it makes no second one."""

    user_id: UUID
    session_id: UUID
    email: str
    password: str = field(repr=False)
    name: str
    client_ip: str = ""


@dataclass(frozen=True)
class Login:
    """Somebody says who they are. The session's id is made by the caller."""

    session_id: UUID
    email: str
    password: str = field(repr=False)
    client_ip: str = ""


class FrontDoor:
    """Use cases of those who are nobody yet."""

    def __init__(
        self, units: Units, passwords: Passwords, issuer: Issuer, limits: Limits, clock: Clock, new_id: NewId
    ) -> None:
        self._units = units
        self._passwords = passwords
        self._issuer = issuer
        self._limits = limits
        self._clock = clock
        self._new_id = new_id

    def register(self, command: Register) -> View:
        """The new account, logged in. Raises Invalid, WeakPassword, EmailTaken, TooManyRequests."""
        address = emails.normalised(command.email)
        name = name_of(command.name)
        chosen = password.chosen(command.password, address)
        with self._units() as unit:
            wait = count(unit.throttles, "register", command.client_ip, self._limits.register)
            known = unit.accounts.by_email(address) if not wait else None
        let_pass(wait)
        if known is not None and known.account.id != command.user_id:
            raise EmailTaken("an account with this e-mail address exists")
        hashed = (known.account.password_hash if known else None) or self._passwords.hash(chosen)
        sign = self._issuer.signer()
        now = self._clock()
        account = Account.registered(command.user_id, address, name, hashed, now)
        session = Session.begun(command.session_id, command.user_id, now)
        with self._units() as unit:
            if unit.accounts.add(account):
                profile = Profile(account)
                unit.mails.add(Mail(self._new_id(), Purpose.VERIFY_EMAIL, address, now))
            else:
                profile = _registered_before(unit, command, address)
            token = self._issuer.begin(unit.sessions, session)
        return self._issuer.answer(sign, profile, session.id, token)

    def login(self, command: Login) -> View:
        """A new session. Raises InvalidCredentials, TooManyRequests; the first always after checking one hash."""
        attempted = password.attempted(command.password)
        address = _address_or_none(command.email)
        counted_as = counted(address or command.email.strip().lower())
        with self._units() as unit:
            wait = count(unit.throttles, "login", command.client_ip, self._limits.login)
            wait = wait or unit.throttles.attempt(counted_as, self._limits.failures)
            known = unit.accounts.by_email(address) if address and not wait else None
        let_pass(wait)
        stored = (known.account.password_hash if known else None) or self._passwords.decoy
        if not self._passwords.matches(stored, attempted or "") or known is None or attempted is None:
            raise InvalidCredentials("e-mail address or password is wrong")
        newer = self._passwords.hash(attempted) if self._passwords.outdated(stored) else None
        sign = self._issuer.signer()
        session = Session.begun(command.session_id, known.account.id, self._clock())
        with self._units() as unit:
            held = unit.accounts.lock(known.account.id)
            if held is None or held.password_hash != stored:
                raise Unavailable("the account is being changed")  # its password may be another one by now
            unit.throttles.forgive(counted_as)
            if newer is not None:
                unit.accounts.rehash(known.account.id, stored, newer)
            token = self._issuer.begin(unit.sessions, session)
        return self._issuer.answer(sign, known, session.id, token)


def _registered_before(unit: UnitOfWork, command: Register, address: str) -> Profile:
    """The account that this very call has made before: its ids come from the caller, who makes each once."""
    profile = unit.accounts.by_email(address)
    begun = unit.sessions.get(command.session_id)
    if profile is None or profile.account.id != command.user_id or begun is None or begun.user_id != command.user_id:
        raise EmailTaken("an account with this e-mail address exists")
    return profile


def counted(address: str) -> str:
    """The name under which failed logins of an address are counted."""
    return digest(address).hex()


def _address_or_none(text: str) -> str | None:
    try:
        return emails.normalised(text)
    except Invalid:
        return None


def count(throttles: Throttles, what: str, client_ip: str, limit: Limit) -> float:
    """Counts one of a client's; a call without an address comes from inside and is not counted."""
    return throttles.take(f"{what}:{network_of(client_ip)}", limit) if client_ip else 0.0


def let_pass(wait: float) -> None:
    """Raises TooManyRequests when there is a time to wait. Outside the unit of work, so that counting is kept."""
    if wait > 0:
        seconds = max(1, math.ceil(wait))
        raise TooManyRequests(f"try again in {seconds} seconds", retry_after=seconds)
