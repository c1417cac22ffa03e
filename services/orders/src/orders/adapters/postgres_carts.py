"""Carts, with what is known today of what lies in them."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from chassis.postgres import TransactionCursor, array
from chassis.postgres.prepared import Prepared
from orders.adapters.copy_rows import COLUMNS, JOINS, offer_of, shop_of
from orders.domain.cart import CartLine

# Rows are locked in the order in which they come, so two batches wait for each other instead of locking each other out.
# The empty update locks a row that is there already.
LOCK = Prepared(
    "lock_carts",
    ("uuid[]",),
    """
    INSERT INTO carts AS known (buyer_id)
    SELECT id FROM unnest($1) WITH ORDINALITY AS asked (id, position) ORDER BY position
        ON CONFLICT (buyer_id) DO UPDATE SET buyer_id = known.buyer_id
    """,
)
LINES = Prepared(
    "lines_of_carts",
    ("uuid[]",),
    f"""
    SELECT c.buyer_id, c.quantity, c.price_version, {COLUMNS}
      FROM cart_lines c JOIN offers o USING (variant_id) {JOINS}
     WHERE c.buyer_id = ANY($1)
     ORDER BY c.buyer_id, c.added_at, c.variant_id
    """,  # noqa: S608 - constants
)
PUT = Prepared(
    "put_cart_lines",
    ("uuid[]", "uuid[]", "integer[]", "integer[]"),
    """
    INSERT INTO cart_lines (buyer_id, variant_id, quantity, price_version) SELECT * FROM unnest($1, $2, $3, $4)
        ON CONFLICT (buyer_id, variant_id) DO UPDATE
       SET quantity = excluded.quantity, price_version = excluded.price_version
    """,
)
REMOVE = Prepared(
    "remove_cart_lines",
    ("uuid[]", "uuid[]"),
    """
    DELETE FROM cart_lines
     USING unnest($1, $2) AS gone (buyer_id, variant_id)
     WHERE cart_lines.buyer_id = gone.buyer_id AND cart_lines.variant_id = gone.variant_id
    """,
)


class PostgresCarts:
    """Rows of `carts` and `cart_lines`."""

    def __init__(self, cursor: TransactionCursor) -> None:
        self._cursor = cursor

    def lock(self, buyer_ids: Iterable[UUID]) -> None:
        """Nobody else changes these carts until the transaction ends. Locked in the order of their buyers' ids."""
        LOCK.execute(self._cursor, array(sorted(buyer_ids)))

    def lines(self, buyer_ids: Iterable[UUID]) -> dict[UUID, list[CartLine]]:
        """What lies in these carts, oldest first."""
        wanted = list(buyer_ids)
        if not wanted:
            return {}
        LINES.execute(self._cursor, array(wanted))
        found: dict[UUID, list[CartLine]] = {}
        for row in self._cursor.fetchall():
            found.setdefault(UUID(row[0]), []).append(line_of(row))
        return found

    def put(self, lines: Sequence[tuple[UUID, CartLine]]) -> None:
        """The lines of these buyers become these."""
        if not lines:
            return
        buyers, put = zip(*lines, strict=True)
        self._cursor.write(
            PUT.on(
                self._cursor,
                array(buyers),
                array(line.offer.variant_id for line in put),
                [line.quantity for line in put],
                [line.price_version for line in put],
            )
        )

    def remove(self, lines: Iterable[tuple[UUID, UUID]]) -> None:
        """Takes (buyer, variant) lines out; those not there do not matter."""
        gone = list(lines)
        buyers, variants = array(buyer for buyer, _ in gone), array(variant for _, variant in gone)
        self._cursor.write(REMOVE.on(self._cursor, buyers, variants))


def line_of(row: tuple[Any, ...]) -> CartLine:
    """A line from a row of `LINES`."""
    return CartLine(row[1], row[2], offer_of(row[3:]), shop_of(row[3:]))
