"""Shops and their staff."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from catalog.domain.shop import Shop
from catalog.domain.shop_page import Address, Holiday, Picture, PictureKind, Shipping, ShippingMethod
from kernel.rights import Role, role_of

#: Columns that `shop_of` reads, in its order.
COLUMNS = """
    shop_id, owner_id, name, kind, city, district, postal_code, line, shipping, closed, suspended, version,
    created_at, changed_at, introduction, days_to_ship, on_holiday, holiday_until, pictures,
    (SELECT json_object_agg(user_id, role) FROM shop_staff WHERE shop_staff.shop_id = shops.shop_id)
"""
INSERT = """
    INSERT INTO shops (shop_id, owner_id, name, kind, city, district, postal_code, line, shipping, closed, suspended,
                       version, created_at, changed_at)
    VALUES (%(id)s, %(owner)s, %(name)s, %(kind)s, %(city)s, %(district)s, %(postal_code)s, %(line)s, %(shipping)s,
            %(closed)s, %(suspended)s, %(version)s, %(created_at)s, %(changed_at)s)
        ON CONFLICT DO NOTHING
"""
UPDATE = """
    UPDATE shops
       SET owner_id = %(owner)s, name = %(name)s,
           kind = %(kind)s, city = %(city)s, district = %(district)s, postal_code = %(postal_code)s,
           line = %(line)s, shipping = %(shipping)s, closed = %(closed)s, suspended = %(suspended)s,
           version = %(version)s, changed_at = %(changed_at)s, introduction = %(introduction)s,
           days_to_ship = %(days_to_ship)s, on_holiday = %(on_holiday)s, holiday_until = %(holiday_until)s,
           pictures = %(pictures)s
     WHERE shop_id = %(id)s
"""
# A shop keeps its key: new products, which refer to it, wait for nobody here, and nobody waits for them.
LOCK = "SELECT 1 FROM shops WHERE shop_id = %s FOR NO KEY UPDATE"
LOCK_OWNED = "SELECT 1 FROM shops WHERE owner_id = ANY(%s::uuid[]) ORDER BY shop_id FOR NO KEY UPDATE"
GET = f"SELECT {COLUMNS} FROM shops WHERE shop_id = %s"  # noqa: S608 - a constant
OWNED = f"SELECT {COLUMNS} FROM shops WHERE owner_id = ANY(%s::uuid[]) ORDER BY shop_id"  # noqa: S608 - a constant
DISMISS = "DELETE FROM shop_staff WHERE shop_id = %s AND user_id <> ALL(%s::uuid[])"
EMPLOY = """
    INSERT INTO shop_staff (shop_id, user_id, role) VALUES %s
        ON CONFLICT (shop_id, user_id) DO UPDATE SET role = excluded.role WHERE shop_staff.role <> excluded.role
"""
ROLE = "SELECT role FROM shop_staff WHERE shop_id = %s AND user_id = %s"


class PostgresShops:
    """Rows of `shops` and `shop_staff`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def add(self, shop: Shop) -> bool:
        """False when the id is taken."""
        self._cursor.execute(INSERT, _values(shop))
        if not self._cursor.rowcount:
            return False
        self._write_staff(shop)
        return True

    def get(self, shop_id: UUID, *, lock: bool = False) -> Shop | None:
        """The shop. Locked first and read after, so that what is read is what the last writer left."""
        if lock:
            self._cursor.execute(LOCK, (str(shop_id),))
        self._cursor.execute(GET, (str(shop_id),))
        row = self._cursor.fetchone()
        return shop_of(row) if row else None

    def owned_by(self, owners: Iterable[UUID]) -> list[Shop]:
        """All shops of these owners, locked in the order of their ids."""
        ids = [str(owner) for owner in owners]
        if not ids:
            return []
        self._cursor.execute(LOCK_OWNED, (ids,))
        self._cursor.execute(OWNED, (ids,))
        return [shop_of(row) for row in self._cursor.fetchall()]

    def save(self, shop: Shop) -> None:
        """Writes a locked shop and its staff."""
        self._cursor.execute(UPDATE, _values(shop))
        self._cursor.execute(DISMISS, (str(shop.id), [str(person) for person in shop.staff]))
        self._write_staff(shop)

    def role(self, shop_id: UUID, user_id: UUID) -> Role | None:
        """What the user is in the shop."""
        self._cursor.execute(ROLE, (str(shop_id), str(user_id)))
        row = self._cursor.fetchone()
        return role_of(row[0]) if row else None

    def _write_staff(self, shop: Shop) -> None:
        rows = [(str(shop.id), str(person), role.value) for person, role in shop.staff.items()]
        execute_values(self._cursor, EMPLOY, rows)


def _values(shop: Shop) -> dict[str, Any]:
    return {
        "id": str(shop.id),
        "owner": str(shop.owner_id),
        "name": shop.name,
        "kind": shop.kind,
        "city": shop.address.city,
        "district": shop.address.district,
        "postal_code": shop.address.postal_code,
        "line": shop.address.line,
        "shipping": json.dumps(
            [{"method": one.method.value, "fee": one.fee, "free_from": one.free_from} for one in shop.shipping]
        ),
        "closed": shop.closed,
        "suspended": shop.suspended,
        "version": shop.version,
        "created_at": shop.created_at,
        "changed_at": shop.changed_at,
        "introduction": shop.introduction,
        "days_to_ship": shop.days_to_ship,
        "on_holiday": shop.holiday is not None,
        "holiday_until": shop.holiday.until if shop.holiday else None,
        "pictures": json.dumps({kind.value: [str(one.photo_id), one.url] for kind, one in shop.pictures.items()}),
    }


Row = tuple[Any, ...]


def shop_of(row: Row) -> Shop:
    """A shop from a row of `COLUMNS`."""
    shop_id, owner, name, kind, city, district, code, line, shipping, closed, suspended, version = row[:12]
    made, changed, introduction, days_to_ship, on_holiday, holiday_until, pictures, staff = row[12:]
    return Shop(
        id=UUID(shop_id),
        owner_id=UUID(owner),
        name=name,
        kind=kind,
        address=Address(city, district, code, line),
        shipping=tuple(Shipping(ShippingMethod(one["method"]), one["fee"], one["free_from"]) for one in shipping),
        closed=closed,
        suspended=suspended,
        version=version,
        created_at=made,
        changed_at=changed,
        introduction=introduction,
        days_to_ship=days_to_ship,
        holiday=Holiday(holiday_until) if on_holiday else None,
        pictures={PictureKind(one): Picture(UUID(photo), url) for one, (photo, url) in pictures.items()},
        staff={UUID(person): role_of(role) for person, role in staff.items()},
    )
