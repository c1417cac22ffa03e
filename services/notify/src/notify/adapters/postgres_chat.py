"""Chat events as the work process claims and settles them."""

from uuid import UUID

from chassis.postgres import Pool, transaction
from notify.application.ports import Question
from notify.domain.chat import Command

CLAIM = """
    WITH due AS (
         SELECT webhook_event_id FROM chat_inbox
          WHERE state = 'waiting' AND next_try_at <= now()
          ORDER BY next_try_at LIMIT %(limit)s
            FOR UPDATE SKIP LOCKED),
    claimed AS (
         UPDATE chat_inbox c SET next_try_at = now() + make_interval(secs => %(lease)s)
           FROM due WHERE c.webhook_event_id = due.webhook_event_id
         RETURNING c.*)
    SELECT c.webhook_event_id, c.line_user_id, c.command, c.reply_token, c.received_at,
           (SELECT user_id FROM line_bindings b WHERE b.line_user_id = c.line_user_id LIMIT 1)
      FROM claimed c ORDER BY c.received_at
"""
SETTLE = """
    UPDATE chat_inbox SET state = %s, reply_token = NULL, settled_at = now()
     WHERE webhook_event_id = %s AND state = 'waiting'
"""
LATER = """
    UPDATE chat_inbox SET next_try_at = now() + make_interval(secs => %s)
     WHERE webhook_event_id = %s AND state = 'waiting'
"""
# LINE delivers an event again within a day at the most; a week is ample to know it by.
FORGET = """
    DELETE FROM chat_inbox
     WHERE webhook_event_id IN (SELECT webhook_event_id FROM chat_inbox
                                 WHERE state <> 'waiting' AND settled_at < now() - interval '7 days' LIMIT 1000)
"""


class PostgresChatInbox:
    """Rows of `chat_inbox`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def claim(self, limit: int, lease: float) -> list[Question]:
        """Waiting ones that nobody else has."""
        with transaction(self._pool) as tx:
            tx.cursor.execute(CLAIM, {"limit": limit, "lease": lease})
            return [
                Question(event_id, line_user_id, Command(command), token, received_at, UUID(user) if user else None)
                for event_id, line_user_id, command, token, received_at, user in tx.cursor.fetchall()
            ]

    def settle(self, event_id: str, state: str) -> None:
        """`answered`, `expired` or `failed`."""
        with transaction(self._pool) as tx:
            tx.cursor.execute(SETTLE, (state, event_id))

    def later(self, event_id: str, pause: float) -> None:
        """Waits, and is tried again."""
        with transaction(self._pool) as tx:
            tx.cursor.execute(LATER, (pause, event_id))

    def forget(self) -> bool:
        """Deletes some that were settled over a week ago; whether there may be more."""
        with transaction(self._pool) as tx:
            tx.cursor.execute(FORGET)
            return bool(tx.cursor.rowcount)
