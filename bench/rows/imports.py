"""A sheet of 10,000 products through the door, beside COPY of the rows it made."""

import csv
import io
import threading
import time
from datetime import datetime
from typing import Any

from bench.figures import Row, at_least, at_most
from bench.groups import averaged, spent
from bench.measure import pss_mib
from bench.world import World
from chassis.ids import uuid7
from yeshi_local.story.people import Json, Seller, simple_category
from yeshi_local.story.sheet import bring_in

PRODUCTS, FEW = 10_000, 1_000
TABLES = {  # each before those that point to it
    "products": "SELECT * FROM products WHERE shop_id = %(shop)s",
    "variants": "SELECT v.* FROM variants v JOIN products p USING (product_id) WHERE p.shop_id = %(shop)s",
    "product_sales": "SELECT o.* FROM product_sales o JOIN products p USING (product_id) WHERE p.shop_id = %(shop)s",
    "stock": "SELECT s.* FROM stock s JOIN products p USING (product_id) WHERE p.shop_id = %(shop)s",
    "stock_ledger": """
        SELECT l.* FROM stock_ledger l JOIN stock s USING (variant_id) JOIN products p USING (product_id)
         WHERE p.shop_id = %(shop)s
    """,
    "outbox": "SELECT * FROM outbox WHERE created_at BETWEEN %(began)s AND %(ended)s",
}

FOREIGN_KEYS = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'"


def run(world: World, rounds: int) -> Row:
    """Each round in a shop of its own; COPY goes into tables with the same indexes, constraints and foreign keys."""
    row = Row("imports", f"a sheet of {PRODUCTS:,} products")
    ours: list[float] = []
    copied: list[float] = []
    peaks: dict[int, list[float]] = {FEW: [], PRODUCTS: []}
    costs: list[dict[str, float]] = []
    for _ in range(rounds):
        for count in (FEW, PRODUCTS):
            seller = Seller(world.url, "進貨", "大批發", kind="雜貨")
            body = _sheet(count, simple_category(seller.api))
            world.quiet()  # what the last round set off is over
            before = spent(world.roots())
            with _Peak(world) as peak:
                made = bring_in(seller, body)
            peaks[count].append(peak.highest)
            if count == PRODUCTS:
                ours.append(count / _seconds(made))
                costs.append(spent(world.roots()).since(before, count))
                world.quiet()
                copied.append(count / _copy(world, seller.shop_id, made))
    rate = row.add("import, from claimed to committed", "products/s", ours)
    beside = row.add("COPY of the same rows", "products/s", copied)
    few = row.add(f"memory at most, {FEW:,} products", "MiB", peaks[FEW])
    many = row.add(f"memory at most, {PRODUCTS:,} products", "MiB", peaks[PRODUCTS])
    row.cpu = {"a product": averaged(costs)}
    row.notes.append(
        "COPY's rows: products, their sales, variants, stock, its ledger and the outbox; ours are read and checked too."
    )
    row.verdicts = [
        at_least("of COPY of the same rows", rate.median / beside.median * 100, 25, " %"),
        at_most("memory, ten times the products", many.median / few.median, 1.5, " ×"),
    ]
    return row


def _sheet(count: int, category: str) -> bytes:
    written = io.StringIO()
    writing = csv.writer(written)
    writing.writerow(["主商品貨號", "商品名稱", "類別", "商品描述", "價格", "商品數量", "商品選項貨號", "上架狀態"])
    for number in range(count):
        name, sku = f"夜市好物 第 {number} 款", f"B{number:05d}"
        writing.writerow([sku, name, category, f"{name}，現貨供應，兩天內出貨。", 100 + number % 900, 5, sku, "上架"])
    return written.getvalue().encode("utf-8-sig")


def _seconds(made: Json) -> float:
    began, ended = (datetime.fromisoformat(made[name]) for name in ("started_at", "ended_at"))
    return (ended - began).total_seconds()


def _copy(world: World, shop_id: str, made: Json) -> float:
    """Seconds for COPY of what the import wrote into empty tables of the same shape, in one transaction."""
    wanted: dict[str, Any] = {"shop": shop_id, "began": made["started_at"], "ended": made["ended_at"]}
    taken: dict[str, io.BytesIO] = {}
    with world.platform.database("catalog") as cursor:
        cursor.execute("SET statement_timeout = 0")
        for table, query in TABLES.items():
            taken[table] = io.BytesIO()
            cursor.copy_expert(f"COPY ({cursor.mogrify(query, wanted).decode()}) TO STDOUT", taken[table])
        place = f"copied_{uuid7().hex}"
        cursor.execute(f"CREATE SCHEMA {place}")
        for table in TABLES:
            cursor.execute(f"CREATE TABLE {place}.{table} (LIKE {table} INCLUDING ALL EXCLUDING IDENTITY)")
            cursor.execute(FOREIGN_KEYS, (table,))
            for (rule,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {place}.{table} ADD {_pointing(rule, place)}")
    with world.platform.database("catalog") as cursor:
        cursor.execute("SET statement_timeout = 0")
        began = time.monotonic()
        cursor.execute("BEGIN")
        for table, rows in taken.items():
            rows.seek(0)
            cursor.copy_expert(f"COPY {place}.{table} FROM STDIN", rows)
        cursor.execute("COMMIT")
        seconds = time.monotonic() - began
        cursor.execute(f"DROP SCHEMA {place} CASCADE")
    return seconds


def _pointing(rule: str, place: str) -> str:
    """A foreign key as PostgreSQL writes it, pointing to the copy where there is one."""
    target = rule.partition("REFERENCES ")[2].partition("(")[0]
    return rule.replace(f"REFERENCES {target}(", f"REFERENCES {place}.{target}(") if target in TABLES else rule


class _Peak:
    """The most memory that the importing process had while the block ran."""

    def __init__(self, world: World) -> None:
        self._pids = [world.platform.pid("catalog-work")]
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.highest = 0.0

    def __enter__(self) -> "_Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            self.highest = max(self.highest, pss_mib(self._pids))
