"""Imports as use cases on memory: how they move, what they count, who may, and what a piece does to a shop."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from catalog.application.imports.ports import SettledPhoto
from catalog.domain.errors import ImportOver, KeyReused, TooManyImports
from catalog.domain.events import MetadataSubmitted, PhotosWanted, ProductChanged, StockChanged
from catalog.domain.import_problems import FileProblem
from catalog.domain.imports import MOST_WAITING, ImportState, Mode, Tally
from catalog.domain.listing import State
from chassis.errors import Missing, Unavailable
from kernel.rights import Role, RoleRequired
from services.catalog.tests.memory.imports import MemoryMany, Trade, tea


@pytest.fixture
def trade(world) -> Trade:
    return Trade(world)


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
