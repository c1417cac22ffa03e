"""Stock, ledger and reservations. A batch of any size is a few statements: claim its orders, lock variants, write."""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from psycopg2.extras import execute_values

from catalog.application.ports import VariantLabel
from catalog.domain.stock import HeldLine, LedgerEntry, Offer, OrderState, OrderStock, StockBook, StockLevel
from chassis import ids
from chassis.postgres import TransactionCursor, array
from chassis.postgres.prepared import Prepared

OPEN = "INSERT INTO stock (variant_id, product_id) VALUES %s ON CONFLICT DO NOTHING"

# The sort comes before the locks, so every writer locks in the same order. One statement sees one moment: what is
# locked after a wait would stand beside the prices of before it. So it is locked first and read after.
LOCK = Prepared(
    "lock_stock",
    ("uuid[]",),
    """
    SELECT FROM stock WHERE variant_id = ANY($1) ORDER BY variant_id FOR UPDATE
    """,
)
# It locks too, for a variant may appear between the two.
READ_LOCKED = Prepared(
    "read_locked_stock",
    ("uuid[]",),
    """
    SELECT st.variant_id, st.product_id, st.on_hand, st.reserved, st.version, p.shop_id, v.price_version,
           p.state = 'listed' AND NOT v.deleted AND NOT (s.closed OR s.suspended), v.low_stock_at
      FROM stock st
      JOIN variants v USING (variant_id)
      JOIN products p ON p.product_id = st.product_id
      JOIN shops s USING (shop_id)
     WHERE st.variant_id = ANY($1)
     ORDER BY st.variant_id
       FOR UPDATE OF st
    """,
)

# A row that is there already is locked by the empty update, and answered as the last writer left it.
CLAIM_ORDERS = Prepared(
    "claim_orders",
    ("uuid[]",),
    """
    INSERT INTO reserved_orders AS known (order_id, state)
    SELECT id, 'unknown' FROM unnest($1) WITH ORDINALITY AS wanted (id, position) ORDER BY position
        ON CONFLICT (order_id) DO UPDATE SET order_id = known.order_id
    RETURNING order_id, state
    """,
)
HELD_LINES = """
    SELECT order_id, line_id, variant_id, quantity FROM reservations
     WHERE order_id = ANY(%s::uuid[]) ORDER BY order_id, line_id
"""
SAVE_LEVEL = "UPDATE stock SET on_hand = %s, version = %s WHERE variant_id = %s"
ENTER = """
    INSERT INTO stock_ledger (variant_id, delta, reason, order_id, by_user, change_key) VALUES (%s, %s, %s, %s, %s, %s)
"""
BY_KEY = """
    SELECT delta, reason, order_id, by_user FROM stock_ledger WHERE variant_id = %s AND change_key = %s
"""
RETURNABLE = """
    SELECT coalesce(-sum(delta), 0) FROM stock_ledger WHERE order_id = %s AND variant_id = %s
"""
LABELS = """
    SELECT v.variant_id, p.shop_id, s.owner_id, p.name, v.options
      FROM variants v JOIN products p USING (product_id) JOIN shops s USING (shop_id)
     WHERE v.variant_id = ANY(%s::uuid[]) ORDER BY v.variant_id
"""

_SAVE_BOOK = """
    WITH settled AS (
        UPDATE reserved_orders SET state = new.state, changed_at = now()
          FROM unnest(%(orders)s::uuid[], %(states)s::text[]) AS new (order_id, state)
         WHERE reserved_orders.order_id = new.order_id
    ), made AS (
        INSERT INTO reservations (order_id, line_id, variant_id, quantity, state)
        SELECT * FROM unnest(%(new_orders)s::uuid[], %(new_lines)s::text[], %(new_variants)s::uuid[],
                             %(new_quantities)s::bigint[], %(new_states)s::text[])
    ), moved AS (
        UPDATE reservations SET state = new.state, changed_at = now()
          FROM unnest(%(held_orders)s::uuid[], %(held_lines)s::text[], %(held_states)s::text[])
               AS new (order_id, line_id, state)
         WHERE reservations.order_id = new.order_id AND reservations.line_id = new.line_id
    ), entered AS (
        INSERT INTO stock_ledger (variant_id, delta, reason, order_id)
        SELECT * FROM unnest(%(entry_variants)s::uuid[], %(entry_deltas)s::integer[], %(entry_reasons)s::text[],
                             %(entry_orders)s::uuid[])
    {selling})
    UPDATE stock SET on_hand = new.on_hand, reserved = new.reserved, version = new.version
      FROM unnest(%(variants)s::uuid[], %(on_hand)s::integer[], %(reserved)s::integer[], %(versions)s::integer[])
           AS new (variant_id, on_hand, reserved, version)
     WHERE stock.variant_id = new.variant_id
"""
_SELLING = """
    ), selling AS (
        SELECT product_id, product_sales.sold + new.sold AS sold, product_sales.sold_ranked
          FROM unnest(%(sold_products)s::uuid[], %(sold)s::bigint[]) AS new (product_id, sold)
          JOIN product_sales USING (product_id)
         ORDER BY product_id
           FOR UPDATE OF product_sales -- two batches wait for each other
    ), ranked AS (
        UPDATE products SET sold_ranked = free.sold
          FROM (SELECT product_id, selling.sold FROM selling JOIN products USING (product_id)
                 WHERE amount_band(selling.sold) <> amount_band(selling.sold_ranked)
                   FOR NO KEY UPDATE OF products
                  SKIP LOCKED) AS free -- whoever edits a product may be waiting for its stock; the next sale ranks it
         WHERE products.product_id = free.product_id
        RETURNING products.product_id, free.sold
    ), sold AS (
        UPDATE product_sales SET sold = selling.sold, sold_ranked = coalesce(ranked.sold, selling.sold_ranked)
          FROM selling LEFT JOIN ranked USING (product_id)
         WHERE product_sales.product_id = selling.product_id
"""
SAVE_BOOK = Prepared.named("save_book", _SAVE_BOOK.format(selling=""))
SAVE_BOOK_AND_SALES = Prepared.named("save_book_and_sales", _SAVE_BOOK.format(selling=_SELLING))

#: What the lines of an order become with it. A tombstone has none.
LINE_STATES = {
    OrderState.HELD: "held",
    OrderState.REJECTED: "rejected",
    OrderState.RELEASED: "released",
    OrderState.COMMITTED: "committed",
}


class PostgresStock:
    """Rows of `stock`, `stock_ledger`, `reserved_orders` and `reservations`."""

    def __init__(self, cursor: TransactionCursor) -> None:
        self._cursor = cursor

    def open(self, product_id: UUID, variant_ids: Sequence[UUID]) -> None:
        """New variants start with nothing."""
        execute_values(self._cursor, OPEN, [(str(variant_id), str(product_id)) for variant_id in variant_ids])

    def lock(self, variant_ids: Iterable[UUID]) -> tuple[dict[UUID, StockLevel], dict[UUID, Offer]]:
        """Levels and offers of these variants, locked in the order of their ids. What is not there is absent."""
        wanted = array(variant_ids)
        self._cursor.write(LOCK.on(self._cursor, wanted))
        READ_LOCKED.execute(self._cursor, wanted)
        rows = self._cursor.fetchall()
        variants, products, shops = (ids.parsed([row[at] for row in rows]) for at in (0, 1, 5))
        levels: dict[UUID, StockLevel] = {}
        offers: dict[UUID, Offer] = {}
        for row, variant_id, product_id, shop_id in zip(rows, variants, products, shops, strict=True):
            levels[variant_id] = StockLevel(
                variant_id, product_id, on_hand=row[2], reserved=row[3], version=row[4], low_at=row[8]
            )
            offers[variant_id] = Offer(shop_id, price_version=row[6], for_sale=row[7])
        return levels, offers

    def claim_orders(self, order_ids: Iterable[UUID]) -> dict[UUID, OrderStock]:
        """These orders, locked in the order of their ids: a place and a void of one order wait for each other."""
        CLAIM_ORDERS.execute(self._cursor, array(sorted(order_ids)))
        rows = self._cursor.fetchall()
        states = [OrderState(state) for _, state in rows]
        found = dict(zip(ids.parsed([order_id for order_id, _ in rows]), states, strict=True))
        holding = [order_id for order_id, state in found.items() if state is OrderState.HELD]
        lines: dict[UUID, list[HeldLine]] = {}
        if holding:
            self._cursor.execute(HELD_LINES, (array(holding),))
            for order_id, line_id, variant_id, quantity in self._cursor.fetchall():
                lines.setdefault(UUID(order_id), []).append(HeldLine(line_id, UUID(variant_id), quantity))
        return {
            order_id: OrderStock(order_id, state, tuple(lines.get(order_id, ()))) for order_id, state in found.items()
        }

    def entry(self, variant_id: UUID, key: str) -> LedgerEntry | None:
        """The change that was made with this key."""
        self._cursor.execute(BY_KEY, (str(variant_id), key))
        row = self._cursor.fetchone()
        if row is None:
            return None
        delta, reason, order_id, by = row
        return LedgerEntry(variant_id, delta, reason, UUID(order_id) if order_id else None, UUID(by), key)

    def returnable(self, order_id: UUID, variant_id: UUID) -> int:
        """How many of a variant an order took away and has not given back."""
        self._cursor.execute(RETURNABLE, (str(order_id), str(variant_id)))
        row = self._cursor.fetchone()
        return int(row[0]) if row else 0

    def labels(self, variant_ids: Sequence[UUID]) -> list[VariantLabel]:
        """What variants are called, and whose they are."""
        self._cursor.execute(LABELS, (array(variant_ids),))
        return [
            VariantLabel(UUID(variant_id), UUID(shop_id), UUID(seller_id), name, tuple(options))
            for variant_id, shop_id, seller_id, name, options in self._cursor.fetchall()
        ]

    def save_level(self, level: StockLevel, entry: LedgerEntry) -> None:
        """Writes a locked level and why it changed."""
        self._cursor.write(SAVE_LEVEL, (level.on_hand, level.version, str(level.variant_id)))
        by = str(entry.by) if entry.by else None
        order_id = str(entry.order_id) if entry.order_id else None
        self._cursor.write(ENTER, (str(entry.variant_id), entry.delta, entry.reason, order_id, by, entry.key))

    def save_book(self, book: StockBook, levels: Sequence[StockLevel]) -> None:
        """Writes a batch, with one statement."""
        changed = book.changed_orders()
        held = [(order, line) for order in changed if order.was is OrderState.HELD for line in order.lines]
        values = {
            "orders": array(order.order_id for order in changed),
            "states": array(order.state for order in changed),
            **_new_lines([order for order in changed if order.was is not OrderState.HELD]),
            "held_orders": array(order.order_id for order, _ in held),
            "held_lines": array(line.line_id for _, line in held),
            "held_states": array(LINE_STATES[order.state] for order, _ in held),
            "entry_variants": array(entry.variant_id for entry in book.entries),
            "entry_deltas": array(entry.delta for entry in book.entries),
            "entry_reasons": array(entry.reason for entry in book.entries),
            "entry_orders": array(entry.order_id for entry in book.entries),
            "variants": array(level.variant_id for level in levels),
            "on_hand": array(level.on_hand for level in levels),
            "reserved": array(level.reserved for level in levels),
            "versions": array(level.version for level in levels),
        }
        if book.entries:
            self._cursor.write(SAVE_BOOK_AND_SALES.on(self._cursor, **values, **_sold(book)))
        else:
            self._cursor.write(SAVE_BOOK.on(self._cursor, **values))


def _sold(book: StockBook) -> dict[str, str]:
    """How many of each product were carried away."""
    sold: Counter[UUID] = Counter()
    for entry in book.entries:
        sold[book.levels[entry.variant_id].product_id] -= entry.delta
    return {"sold_products": array(sold), "sold": array(sold.values())}


def _new_lines(orders: Sequence[OrderStock]) -> dict[str, str]:
    lines = [(order, line) for order in orders for line in order.lines]
    return {
        "new_orders": array(order.order_id for order, _ in lines),
        "new_lines": array(line.line_id for _, line in lines),
        "new_variants": array(line.variant_id for _, line in lines),
        "new_quantities": array(line.quantity for _, line in lines),
        "new_states": array(LINE_STATES[order.state] for order, _ in lines),
    }
