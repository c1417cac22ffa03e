"""Address books."""

from uuid import UUID

from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from users.domain.address import Address, AddressBook

GET = """
    SELECT address_id, name, phone, city, district, postal_code, line, is_default FROM addresses
     WHERE user_id = %s ORDER BY created_at, address_id
"""
REMOVE = "DELETE FROM addresses WHERE user_id = %s AND address_id <> ALL(%s::uuid[])"
# one default a user is a unique index: the old one steps down before the new one is written
STEP_DOWN = "UPDATE addresses SET is_default = false WHERE user_id = %s AND is_default AND address_id <> %s"
PUT = """
    INSERT INTO addresses (user_id, address_id, name, phone, city, district, postal_code, line, is_default) VALUES %s
        ON CONFLICT (user_id, address_id) DO UPDATE
       SET name = excluded.name, phone = excluded.phone, city = excluded.city, district = excluded.district,
           postal_code = excluded.postal_code, line = excluded.line, is_default = excluded.is_default
"""


class PostgresAddresses:
    """Rows of `addresses`. An id names an address within its owner's book only."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def of(self, user_id: UUID) -> AddressBook:
        """The book, oldest first."""
        self._cursor.execute(GET, (str(user_id),))
        return AddressBook(user_id, [Address(UUID(row[0]), *row[1:]) for row in self._cursor.fetchall()])

    def save(self, book: AddressBook) -> None:
        """Writes the book of a locked account."""
        owner = str(book.user_id)
        self._cursor.execute(REMOVE, (owner, [str(one.id) for one in book.addresses]))
        default = next((one for one in book.addresses if one.is_default), None)
        if default is None:
            return
        self._cursor.execute(STEP_DOWN, (owner, str(default.id)))
        rows = [
            (owner, str(a.id), a.name, a.phone, a.city, a.district, a.postal_code, a.line, a.is_default)
            for a in book.addresses
        ]
        execute_values(self._cursor, PUT, rows)
