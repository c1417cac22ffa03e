"""One PostgreSQL transaction as a unit of work."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.extensions import cursor

from chassis.postgres import Pool, Transaction, read_only, transaction
from users.adapters.postgres_accounts import PostgresAccounts
from users.adapters.postgres_addresses import PostgresAddresses
from users.adapters.postgres_keys import PostgresKeys
from users.adapters.postgres_line import PostgresLineBindings
from users.adapters.postgres_mails import PostgresMails
from users.adapters.postgres_sellers import PostgresSellers
from users.adapters.postgres_sessions import PostgresSessions
from users.adapters.postgres_throttles import PostgresThrottles
from users.adapters.published_events import to_contract
from users.application.ports import (
    Accounts,
    Addresses,
    Keys,
    LineBindings,
    Mails,
    Sellers,
    Sessions,
    Throttles,
    UnitOfWork,
    Units,
)
from users.domain.events import Event


class PostgresUnit:
    """The repositories on a cursor. Without a transaction there is nothing that could be published."""

    def __init__(self, cursor: cursor, tx: Transaction | None = None) -> None:
        self._tx = tx
        self.accounts: Accounts = PostgresAccounts(cursor)
        self.sessions: Sessions = PostgresSessions(cursor)
        self.sellers: Sellers = PostgresSellers(cursor)
        self.addresses: Addresses = PostgresAddresses(cursor)
        self.line: LineBindings = PostgresLineBindings(cursor)
        self.mails: Mails = PostgresMails(cursor)
        self.keys: Keys = PostgresKeys(cursor)
        self.throttles: Throttles = PostgresThrottles(cursor)

    def publish(self, *events: Event) -> None:
        """Adds events to the transaction's outbox. Raises RuntimeError in a unit that only reads."""
        if self._tx is None:
            raise RuntimeError("this unit of work only reads")
        for event in events:
            self._tx.emit(to_contract(event))


def unit_in(tx: Transaction) -> UnitOfWork:
    """The unit of work of a transaction that somebody else commits."""
    return PostgresUnit(tx.cursor, tx)


def units(pool: Pool) -> Units:
    """Makes units of work on a pool."""

    @contextmanager
    def unit() -> Iterator[UnitOfWork]:
        with transaction(pool) as tx:
            yield unit_in(tx)

    return unit


def readings(pool: Pool) -> Units:
    """Makes units that only read, one round trip a question."""

    @contextmanager
    def unit() -> Iterator[UnitOfWork]:
        with read_only(pool) as reader:
            yield PostgresUnit(reader)

    return unit
