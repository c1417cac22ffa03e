"""Letters that wait, and the tokens of those that were sent."""

from datetime import datetime
from uuid import UUID

from psycopg2.extensions import cursor

from users.domain.mail import Mail, MailToken, Purpose

ADD = """
    INSERT INTO mails (mail_id, purpose, address, due_at, created_at, user_id) VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT DO NOTHING
"""
CLAIM = """
    UPDATE mails SET due_at = %(until)s, tries = tries + 1
     WHERE mail_id = (SELECT mail_id FROM mails WHERE due_at <= %(at)s
                       ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING mail_id, purpose, address, created_at, tries, user_id
"""
HOLD = "SELECT 1 FROM mails WHERE mail_id = %s FOR UPDATE"
PUT_OFF = "UPDATE mails SET due_at = %s WHERE mail_id = %s"
DROP = "DELETE FROM mails WHERE mail_id = %s"
# A letter may be one account's and go to another's address, so that both may drop it: always in the order of ids.
HOLD_UNSENT = """
    SELECT mail_id FROM mails WHERE (user_id = %(user)s AND purpose = 'change_email') OR address = %(address)s
     ORDER BY mail_id FOR UPDATE
"""
DROP_UNSENT = "DELETE FROM mails WHERE mail_id = ANY(%s::uuid[])"
ISSUE = """
    INSERT INTO mail_tokens (token_digest, user_id, purpose, address, expires_at)
    VALUES (%(digest)s, %(user)s, %(purpose)s, %(address)s, %(expires_at)s)
"""
CROWD_OUT = """
    DELETE FROM mail_tokens WHERE user_id = %(user)s AND purpose = %(purpose)s AND token_digest NOT IN (
           SELECT token_digest FROM mail_tokens WHERE user_id = %(user)s AND purpose = %(purpose)s
            ORDER BY expires_at DESC LIMIT %(most)s)
"""
FIND = "SELECT user_id, purpose, address, expires_at FROM mail_tokens WHERE token_digest = %s"
SPEND = "DELETE FROM mail_tokens WHERE token_digest = %s RETURNING user_id, purpose, address, expires_at"
DROP_TOKENS = "DELETE FROM mail_tokens WHERE user_id = %s"
FORGET = """
    DELETE FROM mail_tokens WHERE token_digest IN (
           SELECT token_digest FROM mail_tokens WHERE expires_at < %s LIMIT 1000 FOR UPDATE SKIP LOCKED)
"""


class PostgresMails:
    """Rows of `mails` and `mail_tokens`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def add(self, mail: Mail) -> None:
        """A letter that is due at once, unless one of its id waits already."""
        whose = str(mail.user_id) if mail.user_id else None
        values = (str(mail.id), mail.purpose.value, mail.address, mail.created_at, mail.created_at, whose)
        self._cursor.execute(ADD, values)

    def claim(self, at: datetime, until: datetime) -> Mail | None:
        """A letter that is due, counting this try. It is not due again before `until`."""
        self._cursor.execute(CLAIM, {"at": at, "until": until})
        row = self._cursor.fetchone()
        if row is None:
            return None
        mail_id, purpose, address, created_at, tries, whose = row
        return Mail(UUID(mail_id), Purpose(purpose), address, created_at, tries, UUID(whose) if whose else None)

    def hold(self, mail: Mail) -> bool:
        """Whether a claimed letter waits still; nobody else drops it until the transaction ends."""
        self._cursor.execute(HOLD, (str(mail.id),))
        return self._cursor.fetchone() is not None

    def put_off(self, mail: Mail, until: datetime) -> None:
        """The letter is due then."""
        self._cursor.execute(PUT_OFF, (until, str(mail.id)))

    def drop(self, mail: Mail) -> None:
        """The letter is done with."""
        self._cursor.execute(DROP, (str(mail.id),))

    def issue(self, token: MailToken, most: int) -> None:
        """Remembers a token and forgets all but the account's newest `most` for the purpose."""
        values = {
            "digest": token.digest,
            "user": str(token.user_id),
            "purpose": token.purpose.value,
            "address": token.address,
            "expires_at": token.expires_at,
            "most": most,
        }
        self._cursor.execute(ISSUE, values)
        self._cursor.execute(CROWD_OUT, values)

    def find(self, token_digest: bytes) -> MailToken | None:
        """The token, if it was issued and is not spent."""
        return self._token(FIND, token_digest)

    def spend(self, token_digest: bytes) -> MailToken | None:
        """Takes the token away and answers it."""
        return self._token(SPEND, token_digest)

    def drop_tokens(self, user_id: UUID, address: str | None = None) -> None:
        """Forgets every token of the account, letters that would bring one to another address, and any to this one."""
        self._cursor.execute(HOLD_UNSENT, {"user": str(user_id), "address": address})
        self._cursor.execute(DROP_UNSENT, ([mail_id for (mail_id,) in self._cursor.fetchall()],))
        self._cursor.execute(DROP_TOKENS, (str(user_id),))

    def forget(self, before: datetime) -> int:
        """Drops some of the tokens that expired before then; answers how many."""
        self._cursor.execute(FORGET, (before,))
        return self._cursor.rowcount

    def _token(self, query: str, token_digest: bytes) -> MailToken | None:
        self._cursor.execute(query, (token_digest,))
        row = self._cursor.fetchone()
        return MailToken(token_digest, UUID(row[0]), Purpose(row[1]), row[2], row[3]) if row else None
