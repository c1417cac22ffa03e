"""The one place where catalog's real parts meet."""

from collections.abc import Callable
from dataclasses import dataclass

from catalog.adapters.postgres_categories import PostgresCategories
from catalog.adapters.postgres_reader import PostgresReader
from catalog.adapters.unit_of_work import units
from catalog.application.categories import CategoryDesk
from catalog.application.editing import Editor
from catalog.application.listing import ListingDesk, Timetable
from catalog.application.ports import Categories, Clock, NewId, Reader, Units
from catalog.application.products import ProductDesk
from catalog.application.reading import ReadingRoom
from catalog.application.searching import SearchDesk
from catalog.application.sellers import Sellerhood
from catalog.application.shops import ShopDesk
from catalog.application.stock import StockDesk
from catalog.application.variants import VariantDesk
from chassis import clock
from chassis.ids import uuid7
from chassis.postgres import Pool


@dataclass(frozen=True)
class Catalog:
    """All use cases."""

    shops: ShopDesk
    products: ProductDesk
    variants: VariantDesk
    listing: ListingDesk
    timetable: Timetable
    stock: StockDesk
    reading: ReadingRoom
    searching: SearchDesk
    categories: CategoryDesk
    sellerhood: Sellerhood


def assemble(
    units: Units,
    reader: Reader,
    categories: Categories,
    now: Clock,
    new_id: NewId,
    forget_categories: Callable[[], None] = lambda: None,
) -> Catalog:
    """The application on whatever parts it is given."""
    sellerhood = Sellerhood(units, now)
    editor = Editor(units, categories, now)
    return Catalog(
        shops=ShopDesk(units, reader, sellerhood, now),
        products=ProductDesk(units, editor, categories, now, new_id),
        variants=VariantDesk(editor, new_id),
        listing=ListingDesk(units, editor, sellerhood, categories, now),
        timetable=Timetable(units, categories, now),
        stock=StockDesk(units, reader),
        reading=ReadingRoom(reader, categories),
        searching=SearchDesk(reader, categories),
        categories=CategoryDesk(units, categories, forget_categories),
        sellerhood=sellerhood,
    )


def build(pool: Pool) -> Catalog:
    """The application on PostgreSQL."""
    tree = PostgresCategories(pool)
    return assemble(units(pool), PostgresReader(pool), tree, clock.now, uuid7, tree.forget)
