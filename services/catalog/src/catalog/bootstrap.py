"""The one place where catalog's real parts meet."""

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import Counter

from catalog.adapters.import_unit import import_units
from catalog.adapters.postgres_categories import PostgresCategories
from catalog.adapters.postgres_export import PostgresExport
from catalog.adapters.postgres_reader import PostgresReader
from catalog.adapters.unit_of_work import units
from catalog.application.categories import CategoryDesk
from catalog.application.editing import Editor
from catalog.application.imports.desk import ImportDesk
from catalog.application.imports.export import ExportDesk, ExportReader
from catalog.application.imports.photos import PhotoNews
from catalog.application.imports.ports import ImportUnits
from catalog.application.imports.work import ImportWork
from catalog.application.invitations import InvitationDesk
from catalog.application.listing import ListingDesk, Timetable
from catalog.application.moderation import ModerationDesk
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

imports_settled = Counter("yeshi_catalog_imports_total", "Imports that ended, by their last state", ["state"])


@dataclass(frozen=True)
class Catalog:
    """All use cases."""

    shops: ShopDesk
    invitations: InvitationDesk
    products: ProductDesk
    variants: VariantDesk
    listing: ListingDesk
    timetable: Timetable
    moderation: ModerationDesk
    stock: StockDesk
    reading: ReadingRoom
    searching: SearchDesk
    categories: CategoryDesk
    sellerhood: Sellerhood
    imports: ImportDesk
    export: ExportDesk
    photo_news: PhotoNews


def assemble(
    units: Units,
    import_units: ImportUnits,
    reader: Reader,
    export_reader: ExportReader,
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
        invitations=InvitationDesk(units, reader, sellerhood, now),
        products=ProductDesk(units, editor, categories, now, new_id),
        variants=VariantDesk(editor, new_id),
        listing=ListingDesk(units, editor, sellerhood, categories, now),
        timetable=Timetable(units, categories, now),
        moderation=ModerationDesk(reader),
        stock=StockDesk(units, reader),
        reading=ReadingRoom(reader, categories),
        searching=SearchDesk(reader, categories),
        categories=CategoryDesk(units, categories, forget_categories),
        sellerhood=sellerhood,
        imports=ImportDesk(import_units, now),
        export=ExportDesk(import_units, export_reader, categories),
        photo_news=PhotoNews(),
    )


def build(pool: Pool, of_the_tree: Pool) -> Catalog:
    """The application on PostgreSQL. The tree is looked at inside transactions too, so it has a connection of its own:
    one more from the same pool would wait for those who wait for it.
    """
    tree = PostgresCategories(of_the_tree)
    return assemble(
        units(pool),
        import_units(pool),
        PostgresReader(pool),
        PostgresExport(pool),
        tree,
        clock.now,
        uuid7,
        tree.forget,
    )


@dataclass(frozen=True)
class Work:
    """All use cases of the work process."""

    imports: ImportWork
    timetable: Timetable


def build_work(pool: Pool, store_url: str) -> Work:
    """The work process' application on PostgreSQL and the store of uploads. Two connections for each of its threads."""
    from catalog.adapters.sheet_source import SheetSource  # the green service reads no sheets

    tree = PostgresCategories(pool)
    imports = ImportWork(import_units(pool), SheetSource(store_url), tree, clock.now, uuid7)
    imports.settled = lambda state: imports_settled.labels(state).inc()
    return Work(imports, Timetable(units(pool), tree, clock.now))
