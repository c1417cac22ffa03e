"""One PostgreSQL transaction as a unit of work."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg2
from psycopg2 import errors

from chassis.postgres import EventUnit, Pool, Transaction, transaction
from orders.adapters.postgres_carts import PostgresCarts
from orders.adapters.postgres_checkouts import PostgresCheckouts
from orders.adapters.postgres_copies import PostgresCopies
from orders.adapters.postgres_orders import PostgresOrders
from orders.adapters.postgres_payments import PostgresPayments
from orders.adapters.published_events import to_contract
from orders.application.ports import (
    Carts,
    Checkouts,
    Copies,
    Duplicate,
    Orders,
    Payments,
    StorageFault,
    UnitOfWork,
    Units,
)
from orders.domain.events import Event

InContext = Callable[[Event], AbstractContextManager[object]]


class PostgresUnit(EventUnit[Event]):
    """The repositories on one open transaction. `in_context` says under whose trace an event goes out."""

    def __init__(self, tx: Transaction, in_context: InContext | None = None) -> None:
        super().__init__(tx, to_contract, in_context)
        self.carts: Carts = PostgresCarts(tx.cursor)
        self.checkouts: Checkouts = PostgresCheckouts(tx.cursor)
        self.orders: Orders = PostgresOrders(tx.cursor)
        self.payments: Payments = PostgresPayments(tx.cursor)
        self.copies: Copies = PostgresCopies(tx.cursor)


def units(pool: Pool) -> Units:
    """Makes units of work on a pool. What the database refuses becomes a StorageFault."""

    @contextmanager
    def unit() -> Iterator[UnitOfWork]:
        try:
            with transaction(pool) as tx:
                yield PostgresUnit(tx)
        except errors.UniqueViolation as error:
            raise Duplicate(str(error)) from error
        except psycopg2.Error as error:
            raise StorageFault(str(error)) from error

    return unit
