"""Another e-mail address, or a first one for who came by LINE: whoever asks proves to be the owner, the address is
proved by its mailed link.
"""

from uuid import UUID

from chassis.errors import Unauthenticated
from kernel import emails
from users.application.entry import let_pass
from users.application.links import redeemed
from users.application.ports import Clock, NewId, UnitOfWork, Units
from users.application.recovery import RecoveryDesk
from users.domain.errors import EmailTaken, WrongPassword
from users.domain.limits import Limits
from users.domain.mail import Mail, Purpose
from users.domain.secret import digest


class EmailDesk:
    """Use cases around an account's address, and letters that other services ask for."""

    def __init__(self, units: Units, recovery: RecoveryDesk, limits: Limits, clock: Clock, new_id: NewId) -> None:
        self._units = units
        self._recovery = recovery
        self._limits = limits
        self._clock = clock
        self._new_id = new_id

    def ask(self, by: UUID, session_id: UUID | None, address: str, current: str | None) -> None:
        """A letter with a link to the new address. Whether it is somebody else's is not told here.

        Raises Invalid, WrongPassword, LoginAgain, TooManyRequests, Unauthenticated.
        """
        to = emails.normalised(address)
        stored = self._recovery.prove_owner(by, session_id, current)
        with self._units() as unit:
            account = unit.accounts.lock(by)
            if account is None:
                raise Unauthenticated("this account is gone")
            if account.password_hash != stored:
                raise WrongPassword("the password has changed meanwhile")
            if account.email == to and account.email_verified_at is not None:
                return
            self._write(unit, Mail(self._new_id(), Purpose.CHANGE_EMAIL, to, self._clock(), user_id=by))

    def confirm(self, token: str) -> None:
        """The address of the letter is the account's now, and proved. The one before is told.

        Raises InvalidLink, EmailTaken.
        """
        now = self._clock()
        with self._units() as unit:
            spent, account = redeemed(unit, token, Purpose.CHANGE_EMAIL, now)
            holder = unit.accounts.by_email(spent.address)
            if holder is not None and holder.account.id != account.id:
                raise EmailTaken("another account has this address")
            before = account.email
            account.readdress(spent.address, now)
            unit.accounts.save(account)
            unit.mails.drop_tokens(account.id)  # links to the address before
            if before is not None and before != spent.address:
                unit.mails.add(Mail(self._new_id(), Purpose.EMAIL_CHANGED, before, now, user_id=account.id))

    def verified(self, by: UUID) -> str | None:
        """The address that the caller has proved to have. Raises Unauthenticated."""
        with self._units() as unit:
            profile = unit.accounts.by_id(by)
        if profile is None:
            raise Unauthenticated("this account is gone")
        return profile.account.email if profile.account.email_verified_at is not None else None

    def invite(self, invitation_id: UUID, address: str) -> None:
        """A letter that asks somebody into a shop; one that waits already is enough.

        Raises Invalid, TooManyRequests.
        """
        to = emails.normalised(address)
        with self._units() as unit:
            wait = self._write(unit, Mail(invitation_id, Purpose.STAFF_INVITED, to, self._clock()))
        let_pass(wait)

    def _write(self, unit: UnitOfWork, mail: Mail) -> float:
        """Of too many letters to one address the later ones are left out; in how many seconds one is written again."""
        wait = unit.throttles.take(f"{mail.purpose}:{digest(mail.address).hex()}", self._limits.letters)
        if not wait:
            unit.mails.add(mail)
        return wait
