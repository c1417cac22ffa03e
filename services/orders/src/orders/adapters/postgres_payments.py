"""LINE Pay payments, and the keys they and bank transfers are asked for by."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.postgres import TransactionCursor
from orders.application.ports import PayRequest
from orders.domain.payment import Payment

FIELDS = (
    "order_id",
    "attempt",
    "line_order_id",
    "buyer_id",
    "amount",
    "key",
    "fingerprint",
    "created_at",
    "transaction_id",
    "payment_url",
    "next_at",
    "tries",
    "requested_at",
    "confirm_sent_at",
    "refund_sent_at",
    "captured_at",
    "refunded_at",
    "error",
)
COLUMNS = ", ".join(FIELDS)
CURRENT = f"SELECT {COLUMNS} FROM payments WHERE order_id = %s ORDER BY attempt DESC LIMIT 1 FOR UPDATE"  # noqa: S608
BY_LINE_ORDER = f"SELECT {COLUMNS} FROM payments WHERE line_order_id = %s"  # noqa: S608
ADD = f"INSERT INTO payments ({COLUMNS}) VALUES ({', '.join(f'%({name})s' for name in FIELDS)})"  # noqa: S608
SAVE = """
    UPDATE payments
       SET line_order_id = %(line_order_id)s, transaction_id = %(transaction_id)s, payment_url = %(payment_url)s,
           next_at = %(next_at)s, tries = %(tries)s, requested_at = %(requested_at)s,
           confirm_sent_at = %(confirm_sent_at)s, refund_sent_at = %(refund_sent_at)s, captured_at = %(captured_at)s,
           refunded_at = %(refunded_at)s, error = %(error)s
     WHERE order_id = %(order_id)s AND attempt = %(attempt)s
"""
KEEP_KEY = """
    INSERT INTO payment_keys (user_id, key, order_id, fingerprint, created_at)
    VALUES (%(user)s, %(key)s, %(order)s, %(fingerprint)s, %(at)s)
        ON CONFLICT (user_id, key) DO UPDATE
       SET order_id = excluded.order_id, fingerprint = excluded.fingerprint, created_at = excluded.created_at
     WHERE payment_keys.created_at < %(dead)s
"""
KEPT_KEY = "SELECT order_id, fingerprint FROM payment_keys WHERE user_id = %(user)s AND key = %(key)s"
FORGET_KEYS = """
    DELETE FROM payment_keys
     WHERE (user_id, key) IN (
           SELECT user_id, key FROM payment_keys WHERE created_at < %(dead)s
            ORDER BY created_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
"""
WAKE = """
    UPDATE payments SET next_at = now()
     WHERE order_id = %(id)s AND attempt = (SELECT max(attempt) FROM payments WHERE order_id = %(id)s)
"""
CLAIM = f"""
    UPDATE payments SET next_at = %(until)s
     WHERE (order_id, attempt) = (
           SELECT order_id, attempt FROM payments WHERE next_at <= %(at)s
            ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING {COLUMNS}
"""  # noqa: S608 - constants


class PostgresPayments:
    """Rows of `payments` and `payment_keys`."""

    def __init__(self, cursor: TransactionCursor) -> None:
        self._cursor = cursor

    def current(self, order_id: UUID) -> Payment | None:
        """The last try of a locked order, locked: whoever claims it meanwhile says when it is due next."""
        return self._one(CURRENT, (str(order_id),))

    def keep_key(self, by: UUID, key: str, request: PayRequest, at: datetime, dead: datetime) -> PayRequest | None:
        """What this person's key has stood for since `dead` or later; None: from now on it stands for this request.

        Waits for another transaction that is just keeping the same key.
        """
        asked = {"order": str(request.order_id), "fingerprint": request.fingerprint}
        values = {"user": str(by), "key": key, "at": at, "dead": dead, **asked}
        self._cursor.execute(KEEP_KEY, values)
        if self._cursor.rowcount:
            return None
        self._cursor.execute(KEPT_KEY, values)
        [(order_id, fingerprint)] = self._cursor.fetchall()
        return PayRequest(UUID(order_id), fingerprint)

    def forget_keys(self, dead: datetime, most: int) -> int:
        """Deletes up to so many keys from before `dead`; one that is just being taken again stays."""
        self._cursor.execute(FORGET_KEYS, {"dead": dead, "most": most})
        return self._cursor.rowcount

    def by_line_order(self, line_order_id: str) -> Payment | None:
        """The try that LINE Pay knows by this orderId."""
        return self._one(BY_LINE_ORDER, (line_order_id,))

    def add(self, payment: Payment) -> None:
        """A new try."""
        self._cursor.write(ADD, _values(payment))

    def save(self, payment: Payment) -> None:
        """Writes a try whose order is locked."""
        self._cursor.write(SAVE, _values(payment))

    def wake(self, order_id: UUID) -> None:
        """The last try, if there is one, has something to do at once."""
        self._cursor.execute(WAKE, {"id": str(order_id)})

    def claim(self, at: datetime, until: datetime) -> Payment | None:
        """A try that has something to do, put off until then so that nobody else takes it meanwhile."""
        return self._one(CLAIM, {"at": at, "until": until})

    def _one(self, statement: str, parameters: Any) -> Payment | None:
        self._cursor.execute(statement, parameters)
        row = self._cursor.fetchone()
        if row is None:
            return None
        values = dict(zip(FIELDS, row, strict=True))
        return Payment(**{**values, "order_id": UUID(values["order_id"]), "buyer_id": UUID(values["buyer_id"])})


def _values(payment: Payment) -> dict[str, Any]:
    values = {name: getattr(payment, name) for name in FIELDS}
    return {**values, "order_id": str(payment.order_id), "buyer_id": str(payment.buyer_id)}
