"""Proving an address, and another password: by a mailed link, or by the one before."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis.errors import Unauthenticated
from kernel import emails
from users.application.entry import count, counted, let_pass
from users.application.line import bind
from users.application.links import redeemed
from users.application.ports import Clock, NewId, Passwords, UnitOfWork, Units
from users.application.sessions import revoke_all
from users.domain import password
from users.domain.account import Account
from users.domain.errors import InvalidLink, LoginAgain, PasswordNotSet, WrongPassword
from users.domain.limits import Limits
from users.domain.mail import Mail, Purpose
from users.domain.secret import digest


@dataclass(frozen=True)
class ChangePassword:
    """Somebody who is logged in wants another password. `session_id` is theirs, and goes on."""

    by: UUID
    session_id: UUID | None
    current: str = field(repr=False)
    new: str = field(repr=False)


class RecoveryDesk:
    """Use cases around mailed links and passwords. What is mailed is written down here and sent by another process."""

    def __init__(self, units: Units, passwords: Passwords, limits: Limits, clock: Clock, new_id: NewId) -> None:
        self._units = units
        self._passwords = passwords
        self._limits = limits
        self._clock = clock
        self._new_id = new_id

    def resend(self, by: UUID) -> None:
        """Another letter to prove the caller's address, unless it is proved or there were several just now.

        Raises Unauthenticated.
        """
        with self._units() as unit:
            account = _locked(unit, by)
            if account.email is not None and account.email_verified_at is None:
                self._write(unit, Purpose.VERIFY_EMAIL, account.email)

    def verify(self, token: str) -> None:
        """The address a letter was sent to is its owner's. Raises InvalidLink."""
        with self._units() as unit:
            account = self._spent(unit, token, Purpose.VERIFY_EMAIL)
            if account.verify(self._clock()):
                unit.accounts.save(account)

    def forgot(self, address: str, client_ip: str) -> None:
        """Writes down that this address asked for another password. Nobody is looked up, so that whoever asks learns
        nothing from the answer or from its time; whether there is an account is seen when the letter is sent.

        Raises Invalid, TooManyRequests.
        """
        to = emails.normalised(address)
        with self._units() as unit:
            wait = count(unit.throttles, "forgot", client_ip, self._limits.forgot)
            if not wait:
                self._write(unit, Purpose.RESET_PASSWORD, to)
        let_pass(wait)

    def reset(self, token: str, new: str) -> None:
        """Another password for the account a letter was sent to; every session of it ends, and its address is proved.

        Whoever bound a LINE user before the address was ever proved may not have been its owner: that ends too. A
        password that is refused spends nothing. Raises InvalidLink, Invalid, WeakPassword.
        """
        with self._units() as unit:
            known = unit.mails.find(digest(token))
        if known is None or not known.good(Purpose.RESET_PASSWORD, self._clock()):
            raise InvalidLink("this link has been used or is too old")
        hashed = self._passwords.hash(password.chosen(new, known.address))
        now = self._clock()
        with self._units() as unit:
            account = self._spent(unit, token, Purpose.RESET_PASSWORD)
            if account.email_verified_at is None and (binding := unit.line.get(account.id)) is not None:
                bind(unit, binding, None, now)
            account.verify(now)
            self._change(unit, account, hashed, now, but=None)

    def change(self, command: ChangePassword) -> None:
        """Another password; every other session of the account ends.

        Raises PasswordNotSet, WrongPassword, Invalid, WeakPassword, TooManyRequests, Unauthenticated.
        """
        stored, address = self.prove(command.by, command.current)
        hashed = self._passwords.hash(password.chosen(command.new, address or ""))
        with self._units() as unit:
            account = _locked(unit, command.by)
            if account.password_hash != stored:
                raise WrongPassword("the password has changed meanwhile")
            self._change(unit, account, hashed, self._clock(), but=command.session_id)

    def prove(self, by: UUID, current: str) -> tuple[str, str | None]:
        """The hash that the caller's password fits, and their address. Wrong tries are counted.

        Raises PasswordNotSet, WrongPassword, TooManyRequests, Unauthenticated.
        """
        attempted = password.attempted(current)
        counted_as = counted(f"password of {by}")
        with self._units() as unit:
            account = _locked(unit, by)
            if account.password_hash is None:
                raise PasswordNotSet("this account has no password: have one made by a mailed link")
            wait = unit.throttles.attempt(counted_as, self._limits.failures)
        let_pass(wait)
        if attempted is None or not self._passwords.matches(account.password_hash, attempted):
            raise WrongPassword("this is not the account's password")
        with self._units() as unit:
            unit.throttles.forgive(counted_as)
        return account.password_hash, account.email

    def prove_owner(self, by: UUID, session_id: UUID | None, current: str | None) -> str | None:
        """The hash that the caller's password fits; of an account without one, None within ten minutes of a login.

        Raises WrongPassword, LoginAgain, TooManyRequests, Unauthenticated.
        """
        with self._units() as unit:
            profile = unit.accounts.by_id(by)
            session = unit.sessions.get(session_id) if session_id else None
        if profile is None:
            raise Unauthenticated("this account is gone")
        if profile.account.password_hash is None:
            if session is None or session.user_id != by or not session.fresh(self._clock()):
                raise LoginAgain("log in with LINE again, then ask once more within ten minutes")
            return None
        if current is None:
            raise WrongPassword("the account's password is needed")
        return self.prove(by, current)[0]

    def _change(self, unit: UnitOfWork, account: Account, hashed: str, at: datetime, *, but: UUID | None) -> None:
        account.set_password(hashed, at)
        unit.accounts.save(account)
        unit.mails.drop_tokens(account.id)  # links that are still on their way would undo it
        unit.line.drop_nonces(account.id)  # and so would a LINE link that whoever is locked out has begun
        revoke_all(unit, account.id, at, but=but)
        if account.email is not None:
            unit.throttles.forgive(counted(account.email))
            unit.mails.add(Mail(self._new_id(), Purpose.PASSWORD_CHANGED, account.email, at))

    def _write(self, unit: UnitOfWork, purpose: Purpose, address: str) -> None:
        """A letter with a link; of too many to one address the later ones are left out in silence."""
        if not unit.throttles.take(f"{purpose}:{digest(address).hex()}", self._limits.letters):
            unit.mails.add(Mail(self._new_id(), purpose, address, self._clock()))

    def _spent(self, unit: UnitOfWork, token: str, purpose: Purpose) -> Account:
        """Whose token this was, locked. Raises InvalidLink, which leaves it as it was."""
        spent, account = redeemed(unit, token, purpose, self._clock())
        if spent.address != account.email:
            raise InvalidLink("this link was sent to another address")
        return account


def _locked(unit: UnitOfWork, by: UUID) -> Account:
    account = unit.accounts.lock(by)
    if account is None:
        raise Unauthenticated("this account is gone")
    return account
