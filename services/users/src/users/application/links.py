"""Following a mailed link."""

from datetime import datetime

from users.application.ports import UnitOfWork
from users.domain.account import Account
from users.domain.errors import InvalidLink
from users.domain.mail import MailToken, Purpose
from users.domain.secret import digest


def redeemed(unit: UnitOfWork, token: str, purpose: Purpose, at: datetime) -> tuple[MailToken, Account]:
    """The token of a link, spent, and the account it was sent to, locked. Raises InvalidLink, which spends nothing.

    The account is locked before its token is taken away, as everybody does who drops an account's tokens.
    """
    known = unit.mails.find(digest(token))
    account = unit.accounts.lock(known.user_id) if known else None
    spent = unit.mails.spend(digest(token)) if account else None
    if spent is None or account is None or not spent.good(purpose, at):
        raise InvalidLink("this link has been used or is too old")
    return spent, account
