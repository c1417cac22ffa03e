"""What PostgreSQL plans for a prepared statement."""

from chassis.postgres import Pool
from chassis.postgres.prepared import Prepared

WHOLE = ("Seq Scan", "Hash Join", "Hash Left Join", "Hash Right Join", "Merge")


def whole_reads(pool: Pool, prepared: Prepared, *values: object, **named: object) -> list[str]:
    """The lines of its plan that read a table whole."""
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute(b"EXPLAIN " + prepared.on(cursor, *values, **named))
        return [line for (line,) in cursor.fetchall() if any(words in line for words in WHOLE)]
