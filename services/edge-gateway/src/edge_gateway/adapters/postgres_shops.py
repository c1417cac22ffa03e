"""Copies of shops' staff."""

import json
from collections.abc import Sequence

from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from edge_gateway.domain.staff import ShopCopy

PUT = """
    INSERT INTO shops (shop_id, version, staff) VALUES %s
        ON CONFLICT (shop_id) DO UPDATE SET version = excluded.version, staff = excluded.staff
     WHERE shops.version < excluded.version
"""


class PostgresShops:
    """Rows of `shops`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def put(self, copies: Sequence[ShopCopy]) -> None:
        """Keeps those that are newer. Written in the order of their ids, so that two writers wait for each other."""
        rows = [
            (str(copy.shop_id), copy.version, json.dumps({str(user): role.value for user, role in copy.staff.items()}))
            for copy in sorted(copies, key=lambda copy: copy.shop_id)
        ]
        execute_values(self._cursor, PUT, rows)
