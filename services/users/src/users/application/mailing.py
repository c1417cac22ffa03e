"""Sending the letters that wait."""

import logging
from datetime import datetime, timedelta

from chassis.errors import Unavailable
from kernel.locales import Locale
from users.application.letters import written
from users.application.ports import Clock, Letter, NewSecret, Post, Undeliverable, UnitOfWork, Units
from users.domain.account import Account
from users.domain.mail import LIFE, MOST_TOKENS, WITH_TOKEN, Mail, MailToken, Purpose
from users.domain.secret import digest

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # far longer than handing over one letter may take


class Mailing:
    """Sends one letter a step. Any number of them may run: each claims the letter it sends.

    A crash between handing over and forgetting sends a letter twice, with another token; the first one works too.
    """

    def __init__(self, units: Units, post: Post, public_url: str, clock: Clock, new_secret: NewSecret) -> None:
        self._units = units
        self._post = post
        self._public_url = public_url
        self._clock = clock
        self._new_secret = new_secret

    def step(self) -> bool:
        """Whether there was a letter. Raises Unavailable when the mail server does not take it now."""
        now = self._clock()
        with self._units() as unit:
            mail = unit.mails.claim(now, now + LEASE)
        if mail is None:
            return False
        with self._units() as unit:
            letter = self._letter(unit, mail, now)
            if letter is None:
                unit.mails.drop(mail)
        if letter is not None:
            self._send(mail, letter)
        return True

    def _send(self, mail: Mail, letter: Letter) -> None:
        try:
            self._post.send(letter)
        except Undeliverable as error:
            log.warning("letter %s (%s) cannot be delivered: %s", mail.id, mail.purpose, error)
        except Unavailable:
            with self._units() as unit:
                unit.mails.put_off(mail, mail.again_at(self._clock()))
            raise
        with self._units() as unit:
            unit.mails.drop(mail)

    def _letter(self, unit: UnitOfWork, mail: Mail, now: datetime) -> Letter | None:
        """None when there is nobody to write to, nothing to say any more, or no time left.

        The account is locked, and the letter looked for again, before a token is made: whoever leaves or changes the
        password meanwhile drops letters and tokens, and a token made beside them would stay behind.
        """
        account = _addressee(unit, mail)
        if not unit.mails.hold(mail) or mail.over(now) or not _wanted(unit, mail, account):
            if account is not None:
                log.info("letter %s (%s) is not sent any more", mail.id, mail.purpose)
            return None
        token = None
        if account is not None and mail.purpose in WITH_TOKEN:
            token = self._new_secret()
            expires_at = now + LIFE[mail.purpose]
            issued = MailToken(digest(token), account.id, mail.purpose, mail.address, expires_at)
            unit.mails.issue(issued, MOST_TOKENS)
        locale = account.locale if account else Locale.ZH_TW
        return written(mail.purpose, mail.id, mail.address, self._public_url, token, locale)


def _addressee(unit: UnitOfWork, mail: Mail) -> Account | None:
    """Whose letter it is, locked; None for nobody's."""
    if mail.user_id is not None:
        return unit.accounts.lock(mail.user_id)
    known = unit.accounts.by_email(mail.address)
    account = unit.accounts.lock(known.account.id) if known else None
    return account if account is not None and account.email == mail.address else None


def _wanted(unit: UnitOfWork, mail: Mail, account: Account | None) -> bool:
    """Who is invited into a shop may have no account yet; every other letter is somebody's."""
    if mail.purpose is Purpose.STAFF_INVITED:
        return True
    if account is None:
        return False
    if mail.purpose is Purpose.CHANGE_EMAIL:
        holder = unit.accounts.by_email(mail.address)
        return holder is None or holder.account.id == account.id
    return mail.purpose is not Purpose.VERIFY_EMAIL or account.email_verified_at is None
