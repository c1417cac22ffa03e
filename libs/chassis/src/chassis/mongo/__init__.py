"""MongoDB: a client with deadlines, one transaction a use case, outbox, inbox, leases. Its driver is loaded here only.

A service that uses it depends on `yeshi-chassis[mongo]`.
"""

from chassis.mongo.database import Database
from chassis.mongo.errors import Conflict, translate
from chassis.mongo.unit_of_work import Transaction, run

__all__ = ["Conflict", "Database", "Transaction", "run", "translate"]
