"""Imports as use cases on memory: how they move, what they count, who may, and what a piece does to a shop."""

import copy
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from catalog.application.imports.desk import ImportDesk, SendImport
from catalog.application.imports.ports import SettledPhoto, SheetSeen, StoredProblem
from catalog.application.imports.work import ImportWork
from catalog.domain.errors import ImportOver, KeyReused, TooManyImports
from catalog.domain.events import MetadataSubmitted, PhotosWanted, ProductChanged, StockChanged
from catalog.domain.import_problems import FileProblem, sentences
from catalog.domain.imports import MOST_WAITING, ImportState, Mode, Tally, Upload
from catalog.domain.listing import State
from chassis.errors import Missing, Unavailable
from kernel.rights import Role, RoleRequired

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


@pytest.fixture
def trade(world) -> Trade:
    return Trade(world)


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


def test_products_are_made_whole_with_stock_and_told_once(trade, world):
    done = trade.run(*(tea(number, 上架狀態="上架", **{"圖片網址 1": "https://x.tw/a.jpg"}) for number in range(5)))
    assert (done["state"], done["progress"], done["products"]["created"], done["rows"]["valid"]) == ("done", 1.0, 5, 5)
    made = trade.products()["茶 0"]
    assert (made.parent_sku, made.state, made.version) == ("T0", State.LISTED, 1)
    assert world.store.levels[made.variants[0].id].on_hand == 5
    for kind in (ProductChanged, MetadataSubmitted, StockChanged, PhotosWanted):
        assert len(world.heard(kind)) == 5
    assert len(trade.books.photos) == 5
    assert trade.books.rows == {}


def test_the_same_sheet_again_changes_nothing(trade, world):
    rows = [tea(0), tea(1), tea(2)]
    trade.run(*rows)
    told = len(world.store.events)
    again = trade.run(*rows)
    assert again["products"] == {"read": 3, "created": 0, "updated": 0, "unchanged": 3, "failed": 0}
    assert len(world.store.events) == told


def test_a_sheet_with_other_words_keeps_ids_and_blank_cells_keep_what_there_is(trade):
    trade.run(tea(0, 上架狀態="上架"))
    before = trade.products()["茶 0"]
    changed = trade.run(["T0", "", "", "", "", "150"])
    after = trade.products()["茶 0"]
    assert changed["products"]["updated"] == 1
    assert (after.id, after.variants[0].id) == (before.id, before.variants[0].id)
    assert (after.price.amount, after.variants[0].price_version, after.state) == (150, 2, State.LISTED)


def test_new_options_join_and_others_levels_are_refused(trade):
    level = {"規格名稱 1": "尺寸"}
    trade.run(tea(0, **level, **{"規格選項 1": "小"}))
    trade.run(tea(0, **level, **{"規格選項 1": "大", "價格": "130", "商品數量": "2"}))
    product = trade.products()["茶 0"]
    assert [(one.options, one.price.amount) for one in product.live] == [(("小",), 100), (("大",), 130)]
    trade.run(tea(0, **{"規格名稱 1": "顏色", "規格選項 1": "紅"}))
    assert trade.codes() == [(2, "options_differ")]


def test_bad_products_are_left_out_or_stop_everything_by_choice(trade):
    rows = [tea(0), tea(1, 價格=""), tea(2, 類別="無"), tea(3, 上架狀態="上架", 價格="0"), tea(4)]
    skipped = trade.run(*rows)
    assert (skipped["state"], skipped["products"]["created"], skipped["products"]["failed"]) == ("done", 2, 3)
    assert sorted(trade.codes()) == [(3, "required"), (4, "unknown_category"), (5, "not_listable")]
    other = Trade(trade.world)
    refused = other.run(*rows, mode=Mode.ALL_OR_NOTHING)
    assert (refused["state"], refused["code"], refused["products"]["created"]) == ("refused", "rows_refused", 0)
    assert [one for one in trade.world.store.products.values() if one.shop_id == other.shop] == []
    assert other.run(tea(0), tea(1), tea(2), mode=Mode.ALL_OR_NOTHING)["products"]["created"] == 3


def test_a_rehearsal_counts_and_changes_nothing(trade, world):
    done = trade.run(tea(0), tea(1, 價格="x"), dry_run=True)
    assert (done["state"], done["products"]["created"], done["products"]["failed"]) == ("done", 1, 1)
    assert world.store.products == {}
    assert world.heard(ProductChanged) == []


def test_one_bad_product_undoes_the_whole_and_all_bad_ones_are_told(trade):
    rows = [tea(0), tea(1, 價格=""), tea(2), tea(3), tea(4, 類別="無"), tea(5)]
    seen = trade.run(*rows, mode=Mode.ALL_OR_NOTHING)
    assert (seen["state"], seen["code"], seen["problems"]) == ("refused", "rows_refused", 2)
    assert seen["rows"] == {"read": 6, "valid": 4, "failed": 2}
    assert seen["products"] == {"read": 6, "created": 0, "updated": 0, "unchanged": 0, "failed": 2}
    assert trade.codes() == [(3, "required"), (6, "unknown_category")]
    assert trade.products() == {}


def test_what_an_earlier_release_was_checking_is_applied_from_its_first_product(trade):
    import_id = trade.send(*(tea(number) for number in range(4)), mode=Mode.ALL_OR_NOTHING)
    trade.work.step()
    held = trade.books.imports[import_id]
    held.state, held.next_product, held.tally = ImportState.CHECKING, 2, Tally(created=2)
    trade.work.step()
    seen = trade.seen(import_id)
    assert (seen["state"], seen["products"]["created"], len(trade.products())) == ("done", 4, 4)


def test_what_is_only_seen_while_it_is_written_undoes_the_whole_too(trade, world, monkeypatch):
    trade.run(tea(0))
    variant = trade.products()["茶 0"].variants[0].id
    lock = MemoryMany.lock_named

    def order_meanwhile(many, *named):
        lock(many, *named)
        many.unit.store.levels[variant].reserved = 5  # rolled back with the whole, as an order that is voided

    monkeypatch.setattr(MemoryMany, "lock_named", order_meanwhile)
    seen = trade.run(tea(0, 商品數量="3"), tea(1), tea(2), mode=Mode.ALL_OR_NOTHING)
    assert (seen["state"], seen["code"], seen["problems"]) == ("refused", "rows_refused", 1)
    assert trade.codes() == [(2, "stock_below_reserved")]
    assert list(trade.products()) == ["茶 0"]


def test_a_cancelled_import_stops_before_its_next_piece_and_keeps_what_it_did(trade, world):
    import_id = trade.send(*(tea(number) for number in range(5)))
    trade.work.step()
    trade.work.step()
    assert trade.desk.cancel(world.seller, trade.shop, import_id)["cancelling"]
    trade.work.step()
    assert trade.seen(import_id)["state"] == "cancelled"
    assert len(trade.products()) == 2
    assert trade.desk.cancel(world.seller, trade.shop, import_id)["state"] == "cancelled"
    done = trade.run(tea(9))
    with pytest.raises(ImportOver):
        trade.desk.cancel(world.seller, trade.shop, UUID(done["import_id"]))


def test_who_lost_the_right_meanwhile_imports_nothing(trade, world):
    manager = world.hire(trade.shop, Role.MANAGER)
    import_id = trade.send(tea(0), by=manager)
    world.app.shops.delete_staff(world.seller, trade.shop, manager)
    trade.work.step()
    trade.work.step()
    assert trade.seen(import_id)["code"] == "role_required"
    assert world.store.products == {}


def test_only_owner_and_managers_import_and_strangers_find_nothing(trade, world):
    helper = world.hire(trade.shop, Role.PACKER)
    for by, error in ((helper, RoleRequired), (uuid4(), Missing)):
        with pytest.raises(error):
            trade.desk.may_import(by, trade.shop)
        with pytest.raises(error):
            trade.send(tea(0), by=by)
    with pytest.raises(Missing):
        trade.desk.get(world.seller, trade.shop, uuid4())


def test_a_key_and_an_id_stand_for_one_import(trade):
    first = trade.send(tea(0), key="key-1")
    assert trade.send(tea(0), key="key-1") == first
    assert trade.send(tea(0), import_id=first, key="key-1") == first
    with pytest.raises(KeyReused):
        trade.send(tea(0), key="key-1", dry_run=True)


def test_a_shop_has_so_many_waiting_imports_and_no_more(trade):
    for _ in range(MOST_WAITING):
        trade.send(tea(0))
    with pytest.raises(TooManyImports):
        trade.send(tea(0))


def test_a_file_that_is_none_is_refused_and_a_store_that_is_away_is_waited_for(trade):
    trade.fault = Unavailable("away")
    import_id = trade.send(tea(0))
    with pytest.raises(Unavailable):
        trade.work.step()
    assert trade.seen(import_id)["state"] == "waiting"
    trade.fault = FileProblem("macro_file")
    trade.work.step()
    seen = trade.seen(import_id)
    assert (seen["state"], seen["code"], bool(seen["zh"])) == ("refused", "macro_file", True)


def test_an_import_that_fails_by_surprise_again_and_again_is_given_up(trade):
    import_id = trade.send(tea(0))
    trade.work.step()
    trade.work._tree = lambda: 1 / 0
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            trade.work.step()
    assert trade.seen(import_id)["code"] == "internal"
    assert not trade.work.step()


def test_photographs_are_settled_within_the_events_transaction(trade, world):
    trade.run(tea(0, **{"圖片網址 1": "https://x.tw/a.jpg"}))
    [photo_id] = trade.books.photos
    with trade.unit() as unit:
        world.app.photo_news.heard([SettledPhoto(photo_id, None)], unit.imports)
    assert trade.books.photos == {}


def test_progress_goes_from_nothing_to_one(trade):
    import_id = trade.send(*(tea(number) for number in range(4)), mode=Mode.ALL_OR_NOTHING)
    seen = [trade.seen(import_id)["progress"]]
    while trade.work.step():
        seen.append(trade.seen(import_id)["progress"])
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)
    assert replace(trade.books.imports[import_id].tally, problems=0).created == 4
