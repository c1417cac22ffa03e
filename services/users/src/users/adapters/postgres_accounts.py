"""Accounts."""

from typing import Any
from uuid import UUID

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import cursor

from kernel.locales import DEFAULT, Locale
from users.domain.account import Account, Profile
from users.domain.errors import EmailTaken

#: Columns of `accounts` that `profile_of` reads, in its order.
COLUMNS = """
    accounts.user_id, accounts.email, accounts.name, accounts.password_hash, accounts.created_at, accounts.changed_at,
    accounts.phone, accounts.roles, accounts.version, accounts.email_verified_at,
    accounts.locale,
    (SELECT state FROM sellers WHERE sellers.user_id = accounts.user_id),
    EXISTS (SELECT 1 FROM line_bindings
             WHERE line_bindings.user_id = accounts.user_id AND line_bindings.line_user_id IS NOT NULL)
"""
INSERT = """
    INSERT INTO accounts
           (user_id, email, name, password_hash, phone, roles, version, created_at, changed_at, email_verified_at,
            locale)
    VALUES (%s, %s, %s, %s, %s, %s::text[], %s, %s, %s, %s, %s)
        ON CONFLICT DO NOTHING
"""
BY_ID = f"SELECT {COLUMNS} FROM accounts WHERE user_id = %s AND deleted_at IS NULL"  # noqa: S608 - a constant
BY_EMAIL = f"SELECT {COLUMNS} FROM accounts WHERE email = %s"  # noqa: S608 - a constant
LOCK = f"{BY_ID} FOR NO KEY UPDATE OF accounts"
READING_ANOTHER = f"""
    SELECT {COLUMNS} FROM accounts
     WHERE locale <> %(usual)s AND deleted_at IS NULL AND (%(after)s::uuid IS NULL OR user_id > %(after)s)
     ORDER BY user_id LIMIT %(limit)s
"""  # noqa: S608 - a constant
UPDATE = """
    UPDATE accounts
       SET name = %s, phone = %s, roles = %s::text[], version = %s, changed_at = %s, email = %s, password_hash = %s,
           email_verified_at = %s, deleted_at = %s, locale = %s
     WHERE user_id = %s
"""
REHASH = "UPDATE accounts SET password_hash = %s WHERE user_id = %s AND password_hash = %s"

Row = tuple[Any, ...]


class PostgresAccounts:
    """Rows of `accounts`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def add(self, account: Account) -> bool:
        """False when its id or its address is taken."""
        self._cursor.execute(
            INSERT,
            (
                str(account.id),
                account.email,
                account.name,
                account.password_hash,
                account.phone,
                list(account.roles),
                account.version,
                account.created_at,
                account.changed_at,
                account.email_verified_at,
                account.locale.value,
            ),
        )
        return bool(self._cursor.rowcount)

    def by_id(self, user_id: UUID) -> Profile | None:
        """The account."""
        return self._one(BY_ID, str(user_id))

    def by_email(self, email: str) -> Profile | None:
        """The account with this normalised address."""
        return self._one(BY_EMAIL, email)

    def lock(self, user_id: UUID) -> Account | None:
        """The account, held against other changes; rows that refer to it may still be added."""
        found = self._one(LOCK, str(user_id))
        return found.account if found else None

    def reading_another(self, after: UUID | None, limit: int) -> list[Account]:
        """Accounts that read another language than the default, in the order of their ids."""
        values = {"usual": DEFAULT.value, "after": str(after) if after else None, "limit": limit}
        self._cursor.execute(READING_ANOTHER, values)
        return [profile_of(row).account for row in self._cursor.fetchall()]

    def save(self, account: Account) -> None:
        """Writes a locked account. Raises EmailTaken when somebody else has just got its address."""
        try:
            self._update(account)
        except UniqueViolation:
            raise EmailTaken("another account has this address") from None

    def _update(self, account: Account) -> None:
        self._cursor.execute(
            UPDATE,
            (
                account.name,
                account.phone,
                list(account.roles),
                account.version,
                account.changed_at,
                account.email,
                account.password_hash,
                account.email_verified_at,
                account.deleted_at,
                account.locale.value,
                str(account.id),
            ),
        )

    def rehash(self, user_id: UUID, old: str, new: str) -> None:
        """Replaces the hash if it is still the old one."""
        self._cursor.execute(REHASH, (new, str(user_id), old))

    def _one(self, query: str, value: str) -> Profile | None:
        self._cursor.execute(query, (value,))
        row = self._cursor.fetchone()
        return profile_of(row) if row else None


def profile_of(row: Row) -> Profile:
    """A profile from a row of `COLUMNS`."""
    user_id, email, name, password_hash, created_at, changed_at, phone, roles, version, verified_at, locale, *rest = row
    account = Account(
        UUID(user_id),
        email,
        name,
        password_hash,
        created_at,
        changed_at,
        phone,
        tuple(roles),
        version,
        verified_at,
        locale=Locale(locale),
    )
    seller_state, bound = rest
    return Profile(account, seller_state, bound)
