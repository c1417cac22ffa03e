"""PostgreSQL: a pool that waits, one transaction a use case, outbox, inbox, partitions, migrations."""

from chassis.postgres.arrays import array
from chassis.postgres.copying import copy_rows
from chassis.postgres.errors import CommitUnknown, DatabaseUnavailable, PoolTimeout, translate
from chassis.postgres.pool import PLANNED_ONCE, Pool
from chassis.postgres.unit import EventUnit, units_on
from chassis.postgres.unit_of_work import Transaction, TransactionCursor, read_only, transaction

__all__ = [
    "PLANNED_ONCE",
    "CommitUnknown",
    "DatabaseUnavailable",
    "EventUnit",
    "Pool",
    "PoolTimeout",
    "Transaction",
    "TransactionCursor",
    "array",
    "copy_rows",
    "read_only",
    "transaction",
    "translate",
    "units_on",
]
