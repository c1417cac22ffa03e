"""Products and stock by the hundred: a few statements, whatever their number."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from catalog.adapters.postgres_products import CHANGING, COLUMNS, PUT_VARIANTS, VARIANT
from catalog.adapters.product_rows import EVERY_VARIANT, FROM, product_of, values_of, variant_values
from catalog.application.imports.ports import NewStock
from catalog.domain.product import Product
from catalog.domain.stock import LedgerEntry, StockLevel
from chassis.errors import Missing
from chassis.postgres import array, copy_rows

PUT_PRODUCTS = f"""
    INSERT INTO products ({", ".join([*COLUMNS, *CHANGING])}) VALUES %s
        ON CONFLICT (product_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in CHANGING)}
     WHERE products.shop_id = excluded.shop_id
    RETURNING product_id
"""  # noqa: S608 - constants
PRODUCT_VALUES = (*COLUMNS.values(), *CHANGING)
PRODUCT_ROW = f"({', '.join(f'%({name})s' for name in PRODUCT_VALUES)})"
NAMED = """
    SELECT product_id FROM products
     WHERE shop_id = %(shop)s AND state <> 'deleted'
       AND (product_id = ANY(%(ids)s::uuid[]) OR parent_sku = ANY(%(skus)s::text[]))
     ORDER BY product_id
"""
LOCK_NAMED = f"{NAMED} FOR UPDATE"
READ = f"SELECT {EVERY_VARIANT} {FROM} WHERE p.product_id = ANY(%s::uuid[])"
LOCK_STAGED = """
    SELECT product_id FROM products
     WHERE shop_id = %(shop)s AND state <> 'deleted'
       AND (parent_sku IN (SELECT cells ->> 'parent_sku' FROM import_rows WHERE import_id = %(import)s)
            OR product_id::text IN (SELECT lower(cells ->> 'product_id') FROM import_rows WHERE import_id = %(import)s))
     ORDER BY product_id
       FOR UPDATE
"""
WRITE_STOCK = """
    WITH entered AS (
        INSERT INTO stock_ledger (variant_id, delta, reason, by_user)
        SELECT * FROM unnest(%(variants)s::uuid[], %(deltas)s::integer[], %(reasons)s::text[], %(by)s::uuid[])
    )
    UPDATE stock SET on_hand = new.on_hand, version = new.version
      FROM unnest(%(variants)s::uuid[], %(on_hand)s::integer[], %(versions)s::integer[])
           AS new (variant_id, on_hand, version)
     WHERE stock.variant_id = new.variant_id
"""
PAGE = 500  # rows of one statement


class PostgresMany:
    """Rows of `products`, `variants`, `stock` and `stock_ledger`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def find(self, shop_id: UUID, ids: Sequence[UUID], parent_skus: Sequence[str], *, lock: bool) -> list[Product]:
        """A shop's products with every variant. Locked first and read after."""
        if not ids and not parent_skus:
            return []
        named = {"shop": str(shop_id), "ids": array(ids), "skus": array(parent_skus)}
        self._cursor.execute(LOCK_NAMED if lock else NAMED, named)
        found = [row[0] for row in self._cursor.fetchall()]
        if not found:
            return []
        self._cursor.execute(READ, (found,))
        return [product_of(row) for row in self._cursor.fetchall()]

    def lock_named(self, import_id: UUID, shop_id: UUID) -> None:
        """Holds every product that a staged sheet names, in the order of the ids."""
        self._cursor.execute(LOCK_STAGED, {"shop": str(shop_id), "import": str(import_id)})

    def add(self, products: Sequence[Product]) -> None:
        """New products, by COPY: their ids were made just now, so there is nothing they could meet."""
        if not products:
            return
        rows = (list(map(values_of(one).__getitem__, PRODUCT_VALUES)) for one in products)
        copy_rows(self._cursor, "products", (*COLUMNS, *CHANGING), rows)
        copy_rows(self._cursor, "product_sales", ("product_id",), ((one.id,) for one in products))
        copy_rows(self._cursor, "variants", VARIANT, _changed_variants(products))

    def write(self, products: Sequence[Product]) -> None:
        """Held products that changed. Raises Missing when an id is another shop's."""
        if not products:
            return
        rows = [values_of(one) for one in products]
        if len(execute_values(self._cursor, PUT_PRODUCTS, rows, PRODUCT_ROW, PAGE, fetch=True)) < len(rows):
            raise Missing
        variants = _changed_variants(products)
        if variants and len(execute_values(self._cursor, PUT_VARIANTS, variants, None, PAGE, fetch=True)) < len(
            variants
        ):
            raise Missing

    def open_stock(self, begun: Sequence[NewStock]) -> None:
        """New variants begin with these levels."""
        levels = ((one.level.variant_id, one.level.product_id, one.level.on_hand) for one in begun)
        copy_rows(self._cursor, "stock", ("variant_id", "product_id", "on_hand"), levels)
        entries = ((one.level.variant_id, one.level.on_hand, "set", one.by) for one in begun if one.level.on_hand)
        copy_rows(self._cursor, "stock_ledger", ("variant_id", "delta", "reason", "by_user"), entries)

    def write_stock(self, changed: Sequence[tuple[StockLevel, LedgerEntry]]) -> None:
        """Held levels and why they changed."""
        self._cursor.execute(
            WRITE_STOCK,
            {
                "variants": array(level.variant_id for level, _ in changed),
                "on_hand": array(level.on_hand for level, _ in changed),
                "versions": array(level.version for level, _ in changed),
                "deltas": array(entry.delta for _, entry in changed),
                "reasons": array(entry.reason for _, entry in changed),
                "by": array(entry.by for _, entry in changed),
            },
        )


def _changed_variants(products: Sequence[Product]) -> list[tuple[Any, ...]]:
    """Their columns; they are not changed any more."""
    rows = [
        variant_values(product, one)
        for product in products
        for one in product.variants
        if one.id in product.changed_variants
    ]
    for product in products:
        product.changed_variants.clear()
    return rows
