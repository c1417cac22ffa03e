"""Letters with links, and the tokens in them.

A token is made when its letter is sent, so that it stands in the letter alone: here it is kept as a digest.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

MOST_TOKENS = 3  # unspent ones of an account and purpose; older ones end
LONGEST_PAUSE = timedelta(minutes=30)


class Purpose(StrEnum):
    """Why somebody is written to."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a name
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name
    CHANGE_EMAIL = "change_email"
    EMAIL_CHANGED = "email_changed"
    STAFF_INVITED = "staff_invited"


#: How long the link in a letter works, and for how long sending the letter is tried.
LIFE: dict[Purpose, timedelta] = {
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
    Purpose.PASSWORD_CHANGED: timedelta(hours=24),
    Purpose.CHANGE_EMAIL: timedelta(hours=1),
    Purpose.EMAIL_CHANGED: timedelta(hours=24),
    Purpose.STAFF_INVITED: timedelta(days=7),
}

#: Purposes whose letter carries a token, which opens what it was sent for.
WITH_TOKEN = frozenset({Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL})


@dataclass(frozen=True)
class Mail:
    """A letter that waits. Whether anybody has this address is not known yet; `user_id` says whose letter it is where
    the address does not.
    """

    id: UUID
    purpose: Purpose
    address: str
    created_at: datetime
    tries: int = 0
    user_id: UUID | None = None

    def over(self, at: datetime) -> bool:
        """Whether it is too late to send it."""
        return at - self.created_at > LIFE[self.purpose]

    def again_at(self, at: datetime) -> datetime:
        """When it is tried again after it could not be sent: in 5, 10, 20 … seconds."""
        return at + min(LONGEST_PAUSE, timedelta(seconds=5 * 2 ** min(self.tries, 20)))


@dataclass(frozen=True)
class MailToken:
    """A token in a letter to this address of an account."""

    digest: bytes
    user_id: UUID
    purpose: Purpose
    address: str
    expires_at: datetime

    def good(self, purpose: Purpose, at: datetime) -> bool:
        """Whether it still opens what it was sent for."""
        return self.purpose is purpose and at < self.expires_at
