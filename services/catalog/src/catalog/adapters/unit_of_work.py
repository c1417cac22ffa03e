"""One PostgreSQL transaction as a unit of work."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from catalog.adapters.postgres_category_editor import PostgresCategoryEditor
from catalog.adapters.postgres_invitations import PostgresInvitations
from catalog.adapters.postgres_products import PostgresProducts
from catalog.adapters.postgres_sellers import PostgresSellers
from catalog.adapters.postgres_shops import PostgresShops
from catalog.adapters.postgres_stock import PostgresStock
from catalog.adapters.published_events import to_contract
from catalog.application.ports import CategoryEditor, Invitations, Products, Sellers, Shops, Stock, Units
from catalog.domain.events import Event
from chassis.postgres import EventUnit, Pool, Transaction, units_on

InContext = Callable[[Event], AbstractContextManager[object]]


class PostgresUnit(EventUnit[Event]):
    """The repositories on one open transaction. `in_context` says under whose trace an event goes out."""

    def __init__(self, tx: Transaction, in_context: InContext | None = None) -> None:
        super().__init__(tx, to_contract, in_context)
        self.shops: Shops = PostgresShops(tx.cursor)
        self.invitations: Invitations = PostgresInvitations(tx.cursor)
        self.products: Products = PostgresProducts(tx.cursor)
        self.stock: Stock = PostgresStock(tx.cursor)
        self.sellers: Sellers = PostgresSellers(tx.cursor)
        self.categories: CategoryEditor = PostgresCategoryEditor(tx.cursor)


def units(pool: Pool) -> Units:
    """Makes units of work on a pool."""
    return units_on(pool, PostgresUnit)
