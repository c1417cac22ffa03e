"""Imports in memory: their tables, and a shop whose sheets are sent and worked on."""

import copy
from contextlib import contextmanager
from uuid import UUID, uuid4

from catalog.application.imports.desk import ImportDesk, SendImport
from catalog.application.imports.ports import SheetSeen, StoredProblem
from catalog.application.imports.work import ImportWork
from catalog.domain.import_problems import sentences
from catalog.domain.imports import ImportState, Mode, Upload
from catalog.domain.listing import State

HEADER = [
    "主商品貨號",
    "商品名稱",
    "類別",
    "規格名稱 1",
    "規格選項 1",
    "價格",
    "商品數量",
    "商品選項貨號",
    "上架狀態",
    "圖片網址 1",
]


class Books:
    """What would be the tables of imports."""

    def __init__(self) -> None:
        self.imports, self.rows, self.problems, self.photos = {}, {}, [], {}
        self.wishes, self.failures = set(), {}


class MemoryImports:
    def __init__(self, books: Books) -> None:
        self.books = books

    def add(self, wanted):
        known = self.books.imports
        if wanted.id in known or (wanted.key and self.by_key(wanted.shop_id, wanted.by, wanted.key)):
            return False
        known[wanted.id] = copy.deepcopy(wanted)
        return True

    def get(self, import_id):
        found = copy.deepcopy(self.books.imports.get(import_id))
        if found:
            found.cancelling = import_id in self.books.wishes
        return found

    lock = get

    def by_key(self, shop_id, by, key):
        return next(
            (one for one in self.books.imports.values() if (one.shop_id, one.by, one.key) == (shop_id, by, key)), None
        )

    def unfinished(self, shop_id):
        return sum(1 for one in self.books.imports.values() if one.shop_id == shop_id and not one.over)

    def of_shop(self, shop_id, before, limit):
        return [one for one in reversed(self.books.imports.values()) if one.shop_id == shop_id][: limit + 1]

    def take_unread(self, seconds):
        return self._first({ImportState.WAITING})

    def lock_next(self):
        return self._first({ImportState.CHECKING, ImportState.APPLYING})

    def _first(self, states):
        return next((self.get(one.id) for one in self.books.imports.values() if one.state in states), None)

    def give_back(self, import_id):
        """Nothing is held here."""

    def save(self, changed):
        self.books.imports[changed.id] = copy.deepcopy(changed)

    def failed(self, import_id):
        self.books.failures[import_id] = self.books.failures.get(import_id, 0) + 1
        return self.books.failures[import_id]

    def wish_cancelled(self, import_id, by):
        self.books.wishes.add(import_id)

    def cancelling(self, import_id):
        return import_id in self.books.wishes

    def note(self, import_id, problems):
        for one in problems:
            texts = sentences(one.code, one.values)
            self.books.problems.append(
                StoredProblem(len(self.books.problems) + 1, one.row, one.column, one.code, one.severity, *texts)
            )

    def problems(self, import_id, after, limit):
        return [one for one in self.books.problems if one.number > after][: limit + 1]

    def expect_photos(self, import_id, photos):
        self.books.photos.update({one.photo_id: one for one in photos})

    def settle_photos(self, news):
        self.books.photos = {
            key: one for key, one in self.books.photos.items() if key not in {n.photo_id for n in news}
        }


class MemoryStaging:
    def __init__(self, books: Books) -> None:
        self.books = books

    def fill(self, import_id, rows):
        groups: dict[int, list] = {}
        for product, row in rows:
            groups.setdefault(product, []).append(row)
        self.books.rows[import_id] = groups

    def products(self, import_id, first, most):
        groups = self.books.rows[import_id]
        return [groups[at] for at in range(first, first + most) if at in groups]

    def drop(self, import_id):
        self.books.rows.pop(import_id, None)


class MemoryMany:
    def __init__(self, unit) -> None:
        self.unit = unit

    def find(self, shop_id, ids, parent_skus, *, lock):
        store = self.unit.store
        return [
            self.unit.products.get(one.id)
            for one in store.products.values()
            if one.shop_id == shop_id
            and one.state is not State.DELETED
            and (one.id in ids or one.parent_sku in parent_skus)
        ]

    def lock_named(self, import_id, shop_id):
        """Nothing is held here."""

    def add(self, products):
        self.write(products)

    def write(self, products):
        for one in products:
            self.unit.products.save(one)

    def open_stock(self, begun):
        for one in begun:
            self.unit.store.levels[one.level.variant_id] = one.level

    def write_stock(self, changed):
        for level, entry in changed:
            self.unit.stock.save_level(level, entry)


class Trade:
    """A shop, its imports, and the worker that does them, a step at a time."""

    def __init__(self, world) -> None:
        self.world, self.books = world, Books()
        self.shop = world.shop()
        self.sheet: list[list[str]] = []
        self.fault: Exception | None = None
        self.desk = ImportDesk(self.unit, world.tick)
        self.work = ImportWork(self.unit, self, lambda: world.store.tree, world.tick, uuid4, piece=2)

    @contextmanager
    def unit(self):
        before = copy.deepcopy(vars(self.books))
        with self.world.unit() as unit:
            unit.imports, unit.staging, unit.many = (
                MemoryImports(self.books),
                MemoryStaging(self.books),
                MemoryMany(unit),
            )
            unit.flush = lambda: None
            try:
                yield unit
            except BaseException:
                vars(self.books).update(before)
                raise

    @contextmanager
    def open(self, upload):
        if self.fault:
            raise self.fault
        rows = [(at, list(row), ()) for at, row in enumerate([HEADER, *self.sheet], 1)]
        yield SheetSeen("csv", "utf-8", iter(rows))

    def send(self, *rows, by=None, **values):
        self.sheet = [[*row, *[""] * (len(HEADER) - len(row))] for row in rows]
        asked = {"by": by or self.world.seller, "import_id": uuid4(), "shop_id": self.shop, "mode": Mode.SKIP_BAD}
        asked |= {"dry_run": False, "upload": Upload("http://store/x", "0" * 64, 9, "茶.csv"), "key": None}
        return UUID(self.desk.send(SendImport(**{**asked, **values}))["import_id"])

    def run(self, *rows, **values):
        import_id = self.send(*rows, **values)
        for _ in range(30):
            if not self.work.step():
                break
        return self.seen(import_id)

    def seen(self, import_id):
        return self.desk.get(self.world.seller, self.shop, import_id)

    def codes(self):
        return [(one.row, one.code) for one in self.books.problems]

    def products(self):
        return {one.name: one for one in self.world.store.products.values()}


def tea(number, **cells):
    told = {
        "主商品貨號": f"T{number}",
        "商品名稱": f"茶 {number}",
        "類別": "snacks",
        "價格": "100",
        "商品數量": "5",
        **cells,
    }
    return [told.get(name, "") for name in HEADER]
