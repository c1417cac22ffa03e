"""What a caller hears of a MongoDB that is not there."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import ConnectionFailure, ExecutionTimeout, OperationFailure, PyMongoError, WaitQueueTimeoutError

from chassis.errors import DatabaseUnavailable

# Codes of a server that is starting, stopping, changing its primary, out of time or out of disk.
# Source: MongoDB 6.0, error_codes.yml: RetriableError, NotPrimaryError, ShutdownError, ExceededTimeLimitError.
_SERVER_CODES = frozenset(
    {50, 89, 91, 133, 134, 189, 202, 262, 290, 317, 358, 384, 9001, 10058, 10107, 11600, 11602, 13435, 13436, 14031}
)


class Conflict(Exception):
    """Another transaction changed the same documents first: the whole work is done again on what stands now."""


def is_unavailable(error: PyMongoError) -> bool:
    """Whether this driver error means that the database cannot serve now, rather than that the request is wrong."""
    if isinstance(error, ConnectionFailure | ExecutionTimeout | WaitQueueTimeoutError) or error.timeout:
        return True
    return isinstance(error, OperationFailure) and error.code in _SERVER_CODES


@contextmanager
def translate() -> Iterator[None]:
    """Turns a driver error that means «away» into DatabaseUnavailable. Others pass."""
    try:
        yield
    except PyMongoError as error:
        if is_unavailable(error):
            raise DatabaseUnavailable("the database cannot be reached") from error
        raise
