"""Products with their variants, as aggregates."""

from datetime import datetime
from uuid import UUID

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from catalog.adapters.product_rows import EVERY_VARIANT, FROM, product_of, values_of, variant_values
from catalog.domain.errors import ParentSkuTaken
from catalog.domain.product import Product
from chassis.errors import Missing

COLUMNS = {
    "product_id": "id",
    "shop_id": "shop_id",
    "metadata_id": "metadata_id",
    "created_at": "created_at",
}  # that never change, and the name of their value
# fmt: off
CHANGING = (
    "name", "description", "category_id", "state", "condition", "attributes", "price", "discount", "discount_kind",
    "discount_value", "discount_from", "discount_until", "levels", "refund_rules", "tiers", "days_to_ship",
    "min_quantity", "weight_g", "package_cm", "shipping_methods", "group_buy", "metadata_version", "version",
    "search_text", "search_terms", "price_min", "listed_at", "list_at", "list_problems", "block_reason",
    "blocked_at", "blocked_by", "next_at", "changed_at", "parent_sku",
)
# fmt: on

INSERT = f"""
    WITH made AS (
        INSERT INTO products ({", ".join([*COLUMNS, *CHANGING])})
        VALUES ({", ".join(f"%({name})s" for name in [*COLUMNS.values(), *CHANGING])})
            ON CONFLICT (product_id) DO NOTHING
        RETURNING product_id
    )
    INSERT INTO product_sales (product_id) SELECT product_id FROM made
"""  # noqa: S608 - constants
UPDATE = f"""
    UPDATE products SET {", ".join(f"{name} = %({name})s" for name in CHANGING)} WHERE product_id = %(id)s
"""  # noqa: S608 - constants
# fmt: off
VARIANT = (
    "variant_id", "product_id", "options", "sku", "description", "price", "discount", "follows", "price_version",
    "metadata_id", "metadata_version", "position", "deleted", "discount_kind", "discount_value", "discount_from",
    "discount_until", "gtin", "low_stock_at",
)
# fmt: on
PUT_VARIANTS = f"""
    INSERT INTO variants ({", ".join(VARIANT)})
    VALUES %s
        ON CONFLICT (variant_id) DO UPDATE
       SET {", ".join(f"{name} = excluded.{name}" for name in VARIANT[2:])}
     WHERE variants.product_id = excluded.product_id
    RETURNING variant_id
"""  # noqa: S608 - constants
# Whoever holds a product is changing it, and brings it up to the time.
LOCK_DUE = """
    SELECT product_id FROM products WHERE next_at <= %s ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
GET_MANY = f"SELECT {EVERY_VARIANT} {FROM} WHERE p.product_id = ANY(%s::uuid[]) ORDER BY p.next_at, p.product_id"
LOCK = "SELECT 1 FROM products WHERE product_id = %s FOR UPDATE"
GET = f"SELECT {EVERY_VARIANT} {FROM} WHERE p.product_id = %s"
ONE_OF_EACH_NUMBER = "products_by_parent_sku"  # the index that keeps a shop's numbers apart
OF_VARIANT = "SELECT product_id FROM variants WHERE variant_id = %s"


class PostgresProducts:
    """Rows of `products` and `variants`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def add(self, product: Product) -> bool:
        """False when the id is taken. Raises Missing when a variant's is, by another product; ParentSkuTaken."""
        self._write(INSERT, product)
        if not self._cursor.rowcount:
            return False
        self._write_variants(product)
        return True

    def get(self, product_id: UUID, *, lock: bool = False) -> Product | None:
        """The product with every variant. Locked first and read after, so that its variants are the last writer's."""
        if lock:
            self._cursor.execute(LOCK, (str(product_id),))
        self._cursor.execute(GET, (str(product_id),))
        row = self._cursor.fetchone()
        return product_of(row) if row else None

    def of_variant(self, variant_id: UUID) -> UUID | None:
        """Whose variant this is, deleted or not."""
        self._cursor.execute(OF_VARIANT, (str(variant_id),))
        row = self._cursor.fetchone()
        return UUID(row[0]) if row else None

    def due(self, now: datetime, limit: int) -> list[Product]:
        """Products whose time has come, locked, without those that others hold. Locked first and read after."""
        self._cursor.execute(LOCK_DUE, (now, limit))
        ids = [product_id for (product_id,) in self._cursor.fetchall()]
        if not ids:
            return []
        self._cursor.execute(GET_MANY, (ids,))
        return [product_of(row) for row in self._cursor.fetchall()]

    def save(self, product: Product) -> None:
        """Writes a locked product and its changed variants. Raises ParentSkuTaken."""
        self._write(UPDATE, product)
        self._write_variants(product)

    def _write(self, statement: str, product: Product) -> None:
        try:
            self._cursor.execute(statement, values_of(product))
        except UniqueViolation as error:
            if error.diag.constraint_name != ONE_OF_EACH_NUMBER:
                raise
            raise ParentSkuTaken("another product of the shop has this number", field="parent_sku") from error

    def _write_variants(self, product: Product) -> None:
        rows = [variant_values(product, one) for one in product.variants if one.id in product.changed_variants]
        if rows and len(execute_values(self._cursor, PUT_VARIANTS, rows, fetch=True)) < len(rows):
            raise Missing  # one of the ids names a variant of another product
        product.changed_variants.clear()
