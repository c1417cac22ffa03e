"""The one place where catalog's real parts meet."""

from dataclasses import dataclass

from catalog.adapters.postgres_categories import PostgresCategories
from catalog.adapters.postgres_reader import PostgresReader
from catalog.adapters.unit_of_work import units
from catalog.application.ports import Categories, Clock, NewId, Reader, Units
from catalog.application.products import ProductDesk
from catalog.application.reading import ReadingRoom
from catalog.application.sellers import Sellerhood
from catalog.application.shops import ShopDesk
from catalog.application.stock import StockDesk
from chassis import clock
from chassis.ids import uuid7
from chassis.postgres import Pool


@dataclass(frozen=True)
class Catalog:
    """All use cases."""

    shops: ShopDesk
    products: ProductDesk
    stock: StockDesk
    reading: ReadingRoom
    sellerhood: Sellerhood


def assemble(units: Units, reader: Reader, categories: Categories, now: Clock, new_id: NewId) -> Catalog:
    """The application on whatever parts it is given."""
    sellerhood = Sellerhood(units, now)
    return Catalog(
        shops=ShopDesk(units, reader, sellerhood, now),
        products=ProductDesk(units, sellerhood, categories, now, new_id),
        stock=StockDesk(units),
        reading=ReadingRoom(reader, categories),
        sellerhood=sellerhood,
    )


def build(pool: Pool) -> Catalog:
    """The application on PostgreSQL."""
    return assemble(units(pool), PostgresReader(pool), PostgresCategories(pool), clock.now, uuid7)
