"""Questions that change nothing, each one round trip without a transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from catalog.adapters.postgres_invitations import COLUMNS as INVITATION_COLUMNS
from catalog.adapters.postgres_invitations import invitation_of
from catalog.adapters.postgres_search import PostgresSearch
from catalog.adapters.postgres_shops import COLUMNS as SHOP_COLUMNS
from catalog.adapters.postgres_shops import shop_of
from catalog.adapters.postgres_stock_reader import PostgresStockReader
from catalog.adapters.product_rows import EVERY_VARIANT, FROM, LIVE_VARIANTS, product_of
from catalog.application.ports import ProductPage, ShopPage
from catalog.domain.blocked import BlockedProduct, Place
from catalog.domain.invitation import Invitation
from catalog.domain.listing import Block
from catalog.domain.product import Product, State
from catalog.domain.shop import Shop
from chassis.postgres import Pool, read_only
from kernel.rights import Role, role_of

SHOPS = f"SELECT {SHOP_COLUMNS} FROM shops WHERE shop_id = ANY(%s::uuid[])"  # noqa: S608 - a constant
SHOPS_OF = f"""
    SELECT {SHOP_COLUMNS} FROM shops
     WHERE shop_id IN (SELECT shop_id FROM shop_staff WHERE user_id = %s AND shop_id > %s::uuid
                        ORDER BY shop_id LIMIT %s)
     ORDER BY shop_id
"""  # noqa: S608 - a constant
PRODUCTS = f"SELECT {LIVE_VARIANTS} {FROM} WHERE p.product_id = ANY(%s::uuid[])"
OF_SHOP = f"""
    SELECT {LIVE_VARIANTS} {FROM}
     WHERE p.shop_id = %s AND p.state <> 'deleted' AND p.state = ANY(%s) AND p.product_id < %s::uuid
     ORDER BY p.product_id DESC LIMIT %s
"""
BLOCKED = """
    SELECT p.product_id, p.name, p.shop_id, s.name, s.owner_id, p.block_reason, p.blocked_at, p.blocked_by, p.version
      FROM products p JOIN shops s USING (shop_id)
     WHERE p.state = 'blocked' AND (p.blocked_at, p.product_id) < (%s, %s::uuid)
     ORDER BY p.blocked_at DESC, p.product_id DESC LIMIT %s
"""
OF_VARIANTS = f"""
    SELECT asked.variant_id, {EVERY_VARIANT}
      FROM variants asked JOIN products p USING (product_id) JOIN shops s USING (shop_id)
      LEFT JOIN product_sales sales USING (product_id)
     WHERE asked.variant_id = ANY(%s::uuid[])
"""  # noqa: S608 - a constant
ROLES = """
    SELECT staff.shop_id, staff.user_id, staff.role FROM shop_staff staff
      JOIN unnest(%s::uuid[], %s::uuid[]) AS asked (shop_id, user_id) USING (shop_id, user_id)
"""
INVITATIONS_FOR = f"""
    SELECT {INVITATION_COLUMNS}, (SELECT name FROM shops WHERE shops.shop_id = i.shop_id)
      FROM shop_invitations i
     WHERE i.state = 'pending' AND (i.user_id = %s OR i.email = %s)
     ORDER BY i.created_at, i.invitation_id
"""  # noqa: S608 - a constant

_FIRST = "00000000-0000-0000-0000-000000000000"
_LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"


class PostgresReader(PostgresSearch, PostgresStockReader):
    """Reads whole shops and products."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def shops(self, shop_ids: Sequence[UUID]) -> dict[UUID, Shop]:
        """Shops by id."""
        with read_only(self._pool) as cursor:
            cursor.execute(SHOPS, (_texts(shop_ids),))
            return {shop.id: shop for shop in map(shop_of, cursor.fetchall())}

    def shops_of(self, user_id: UUID, after: UUID | None, limit: int) -> ShopPage:
        """Shops where the user has a role, oldest first."""
        with read_only(self._pool) as cursor:
            cursor.execute(SHOPS_OF, (str(user_id), str(after or _FIRST), limit + 1))
            shops = [shop_of(row) for row in cursor.fetchall()]
        return ShopPage(shops[:limit], shops[limit - 1].id if len(shops) > limit else None)

    def products(self, product_ids: Sequence[UUID]) -> dict[UUID, Product]:
        """Products by id, with live variants and their stock."""
        with read_only(self._pool) as cursor:
            cursor.execute(PRODUCTS, (_texts(product_ids),))
            return {product.id: product for product in map(product_of, cursor.fetchall())}

    def products_of_shop(self, shop_id: UUID, states: Sequence[State], before: UUID | None, limit: int) -> ProductPage:
        """A shop's products, newest first."""
        with read_only(self._pool) as cursor:
            wanted = [state.value for state in states]
            cursor.execute(OF_SHOP, (str(shop_id), wanted, str(before or _LAST), limit + 1))
            return _page([product_of(row) for row in cursor.fetchall()], limit)

    def blocked(self, after: Place | None, limit: int) -> list[BlockedProduct]:
        """Products that operators took off the market, the latest first."""
        with read_only(self._pool) as cursor:
            beyond = (after.at, str(after.product_id)) if after else ("infinity", _LAST)
            cursor.execute(BLOCKED, (*beyond, limit))
            return [_blocked(*row) for row in cursor.fetchall()]

    def of_variants(self, variant_ids: Sequence[UUID]) -> dict[UUID, Product]:
        """Products by the id of a variant, with every variant of theirs."""
        with read_only(self._pool) as cursor:
            cursor.execute(OF_VARIANTS, (_texts(variant_ids),))
            return {UUID(row[0]): product_of(row[1:]) for row in cursor.fetchall()}

    def invitations_for(self, user_id: UUID, email: str | None) -> list[tuple[Invitation, str]]:
        """Invitations that were not settled, for this user or this address, with their shops' names, oldest first."""
        with read_only(self._pool) as cursor:
            cursor.execute(INVITATIONS_FOR, (str(user_id), email))
            return [(invitation_of(row[:-1]), row[-1]) for row in cursor.fetchall()]

    def roles(self, pairs: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Role]:
        """Roles by (shop id, user id)."""
        with read_only(self._pool) as cursor:
            cursor.execute(ROLES, (_texts([shop for shop, _ in pairs]), _texts([user for _, user in pairs])))
            return {(UUID(shop), UUID(user)): role_of(role) for shop, user, role in cursor.fetchall()}


def _texts(ids: Sequence[UUID]) -> list[str]:
    return [str(identifier) for identifier in ids]


def _blocked(
    product_id: str,
    name: str,
    shop_id: str,
    shop_name: str,
    owner_id: str,
    reason: str,
    at: datetime,
    by: str,
    version: int,
) -> BlockedProduct:
    block = Block(reason, at, UUID(by))
    return BlockedProduct(UUID(product_id), name, UUID(shop_id), shop_name, UUID(owner_id), block, version)


def _page(products: list[Product], limit: int) -> ProductPage:
    return ProductPage(products[:limit], products[limit - 1].id if len(products) > limit else None)
