"""Which LINE user belongs to which account: at most one to one.

Source: developers.line.biz, docs/messaging-api/linking-accounts.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from chassis.errors import Invalid
from users.domain import text

NONCE_LIFE = timedelta(minutes=10)
_LINE_USER = re.compile(r"U[0-9a-f]{32}")
MOST_NONCES = 5  # unspent ones of an account; older ones are forgotten


@dataclass(frozen=True)
class IssuedNonce:
    """A nonce handed out to an account, known by its digest."""

    digest: bytes
    user_id: UUID
    expires_at: datetime


@dataclass(eq=False)
class LineBinding:
    """The LINE user of an account, or none. It outlives unbinding, so that its version never starts again."""

    user_id: UUID
    line_user_id: str | None
    changed_at: datetime
    version: int = 0

    def bind(self, line_user_id: str | None, at: datetime) -> bool:
        """Binds to this LINE user, or to none. Whether anything changed."""
        if line_user_id == self.line_user_id:
            return False
        self.line_user_id = line_user_id
        self.changed_at = at
        self.version += 1
        return True


def link_url(base: str, link_token: str, nonce: str) -> str:
    """Where LINE asks the person whether they want the link. Raises Invalid."""
    token = text.line(link_token, "link_token", 512)
    return f"{base.rstrip('/')}/dialog/bot/accountLink?{urlencode({'linkToken': token, 'nonce': nonce})}"


def line_user(text_: str) -> str:
    """A user id of LINE's. Raises Invalid."""
    if not _LINE_USER.fullmatch(text_):
        raise Invalid("line_user_id is not a LINE user", field="line_user_id")
    return text_
