"""A shop's products in the order of their ids, page by page."""

from uuid import UUID

from catalog.adapters.product_rows import FROM, LIVE_VARIANTS, product_of
from catalog.domain.product import Product
from chassis.postgres import Pool, read_only

ATTRIBUTES = """
    SELECT DISTINCT named.attribute FROM products, jsonb_object_keys(attributes) AS named (attribute)
     WHERE shop_id = %s AND state <> 'deleted' ORDER BY 1
"""
PRODUCTS = f"""
    SELECT {LIVE_VARIANTS} {FROM}
     WHERE p.shop_id = %s AND p.state <> 'deleted' AND p.product_id > %s::uuid ORDER BY p.product_id LIMIT %s
"""

_FIRST = "00000000-0000-0000-0000-000000000000"


class PostgresExport:
    """Reads whole shops."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def attributes(self, shop_id: UUID) -> list[str]:
        """Ids of the attributes that a shop's products have, sorted."""
        with read_only(self._pool) as cursor:
            cursor.execute(ATTRIBUTES, (str(shop_id),))
            return [row[0] for row in cursor.fetchall()]

    def products(self, shop_id: UUID, after: UUID | None, limit: int) -> list[Product]:
        """A shop's products, oldest first, with live variants and their stock."""
        with read_only(self._pool) as cursor:
            cursor.execute(PRODUCTS, (str(shop_id), str(after or _FIRST), limit))
            return [product_of(row) for row in cursor.fetchall()]
