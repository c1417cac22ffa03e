"""What a caller hears of a database that is not there."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
from psycopg2 import errorcodes

from chassis.errors import CommitUnknown, DatabaseUnavailable, StatementTimeout

__all__ = ["CommitUnknown", "DatabaseUnavailable", "PoolTimeout", "StatementTimeout", "is_unavailable", "translate"]


class PoolTimeout(DatabaseUnavailable):
    """Every connection was in use for as long as a caller may wait."""

    code = "database_busy"


# Classes of SQLSTATE that say the server, not the statement, is at fault: connection lost, no resources or disk full,
# operator intervention (shutdown, statement timeout), system error. Source: PostgreSQL 15, appendix A.
_SERVER_CLASSES = frozenset({"08", "53", "57", "58"})


def is_unavailable(error: BaseException) -> bool:
    """Whether this driver error means that the database cannot serve now, rather than that the statement is wrong."""
    if not isinstance(error, psycopg2.Error):
        return False
    if error.pgcode is not None:
        return error.pgcode[:2] in _SERVER_CLASSES
    return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)


@contextmanager
def translate() -> Iterator[None]:
    """Turns a driver error that means «away» into DatabaseUnavailable. Others pass."""
    try:
        yield
    except psycopg2.Error as error:
        if error.pgcode == errorcodes.QUERY_CANCELED:
            raise StatementTimeout("the database took too long") from error
        if is_unavailable(error):
            raise DatabaseUnavailable("the database cannot be reached") from error
        raise
