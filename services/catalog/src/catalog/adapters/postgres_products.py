"""Products with their variants, as aggregates."""

from uuid import UUID

from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from catalog.adapters.product_rows import EVERY_VARIANT, FROM, product_of, values_of, variant_values
from catalog.domain.product import Product
from chassis.errors import Missing

INSERT = """
    INSERT INTO products (product_id, shop_id, name, description, category_id, state, condition, attributes, price,
                          discount, levels, refund_rules, tiers, days_to_ship, metadata_id, metadata_version, version,
                          search_text, search_terms, listed_at, created_at, changed_at)
    VALUES (%(id)s, %(shop_id)s, %(name)s, %(description)s, %(category_id)s, %(state)s, %(condition)s, %(attributes)s,
            %(price)s, %(discount)s, %(levels)s, %(refund_rules)s, %(tiers)s, %(days_to_ship)s, %(metadata_id)s,
            %(metadata_version)s, %(version)s, %(search_text)s, %(search_terms)s, %(listed_at)s, %(created_at)s,
            %(changed_at)s)
        ON CONFLICT (product_id) DO NOTHING
"""
UPDATE = """
    UPDATE products
       SET name = %(name)s, description = %(description)s, category_id = %(category_id)s, state = %(state)s,
           condition = %(condition)s, attributes = %(attributes)s, price = %(price)s, discount = %(discount)s,
           levels = %(levels)s, refund_rules = %(refund_rules)s, tiers = %(tiers)s, days_to_ship = %(days_to_ship)s,
           metadata_version = %(metadata_version)s, version = %(version)s, search_text = %(search_text)s,
           search_terms = %(search_terms)s, listed_at = %(listed_at)s, changed_at = %(changed_at)s
     WHERE product_id = %(id)s
"""
PUT_VARIANTS = """
    INSERT INTO variants (variant_id, product_id, options, sku, description, price, discount, follows, price_version,
                          metadata_id, metadata_version, position, deleted)
    VALUES %s
        ON CONFLICT (variant_id) DO UPDATE
       SET options = excluded.options, sku = excluded.sku, description = excluded.description, price = excluded.price,
           discount = excluded.discount, follows = excluded.follows, price_version = excluded.price_version,
           metadata_id = excluded.metadata_id, metadata_version = excluded.metadata_version,
           deleted = excluded.deleted
     WHERE variants.product_id = excluded.product_id
    RETURNING variant_id
"""
LOCK = "SELECT 1 FROM products WHERE product_id = %s FOR UPDATE"
GET = f"SELECT {EVERY_VARIANT} {FROM} WHERE p.product_id = %s"
OF_VARIANT = "SELECT product_id FROM variants WHERE variant_id = %s"


class PostgresProducts:
    """Rows of `products` and `variants`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def add(self, product: Product) -> bool:
        """False when the id is taken. Raises Missing when a variant's is, by another product."""
        self._cursor.execute(INSERT, values_of(product))
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

    def save(self, product: Product) -> None:
        """Writes a locked product and its changed variants."""
        self._cursor.execute(UPDATE, values_of(product))
        self._write_variants(product)

    def _write_variants(self, product: Product) -> None:
        rows = [variant_values(product, one) for one in product.variants if one.id in product.changed_variants]
        if rows and len(execute_values(self._cursor, PUT_VARIANTS, rows, fetch=True)) < len(rows):
            raise Missing  # one of the ids names a variant of another product
        product.changed_variants.clear()
