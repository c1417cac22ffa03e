"""One PostgreSQL transaction as a unit of work."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from catalog.adapters.postgres_products import PostgresProducts
from catalog.adapters.postgres_sellers import PostgresSellers
from catalog.adapters.postgres_shops import PostgresShops
from catalog.adapters.postgres_stock import PostgresStock
from catalog.adapters.published_events import to_contract
from catalog.application.ports import Products, Sellers, Shops, Stock, UnitOfWork, Units
from catalog.domain.events import Event
from chassis.postgres import Pool, Transaction, transaction

InContext = Callable[[Event], AbstractContextManager[object]]


class PostgresUnit:
    """The repositories on one open transaction. `in_context` says under whose trace an event goes out."""

    def __init__(self, tx: Transaction, in_context: InContext | None = None) -> None:
        self._tx = tx
        self._in_context = in_context
        self.shops: Shops = PostgresShops(tx.cursor)
        self.products: Products = PostgresProducts(tx.cursor)
        self.stock: Stock = PostgresStock(tx.cursor)
        self.sellers: Sellers = PostgresSellers(tx.cursor)

    def publish(self, *events: Event) -> None:
        """Adds events to the transaction's outbox."""
        for event in events:
            if self._in_context is None:
                self._tx.emit(to_contract(event))
                continue
            with self._in_context(event):
                self._tx.emit(to_contract(event))


def units(pool: Pool) -> Units:
    """Makes units of work on a pool."""

    @contextmanager
    def unit() -> Iterator[UnitOfWork]:
        with transaction(pool) as tx:
            yield PostgresUnit(tx)

    return unit
