"""Who waits for whom on the real database, and what they find when their turn comes."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import psycopg2
import pytest

from catalog.adapters.postgres_reader import PostgresReader
from catalog.adapters.unit_of_work import units
from catalog.application.invitations import InvitationDesk
from catalog.application.ports import SellerCopy
from catalog.application.sellers import Sellerhood
from chassis.clock import now
from chassis.errors import Refusal
from chassis.ids import uuid7
from chassis.postgres import Pool
from services.catalog.tests.integration.sheets_sent import goods
from yeshi_local.kit.world import as_user
from yeshi_local.testing import until

WAITING = """
    SELECT application_name FROM pg_stat_activity
     WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
"""


@pytest.fixture(scope="module")
def pool(market) -> Iterator[Pool]:
    made = Pool(market.dsn, size=4, name="waiting")
    yield made
    made.close()


@pytest.mark.parametrize("held", ["one", "owned"])
def test_a_new_product_does_not_wait_for_whoever_changes_its_shop(market, pool, held):
    shop = market.shop()
    with units(pool)() as unit:
        if held == "one":
            assert unit.shops.get(UUID(shop["shop_id"]), lock=True)
        else:
            assert unit.shops.owned_by([UUID(shop["owner_id"])])
        assert market.product(shop)["shop_id"] == shop["shop_id"]


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        ("UPDATE variants SET price_version = price_version + 1 WHERE product_id = %(product_id)s", "price_changed"),
        ("UPDATE variants SET deleted = true WHERE product_id = %(product_id)s", "not_listed"),
        ("UPDATE products SET state = 'unlisted' WHERE product_id = %(product_id)s", "not_listed"),
        ("UPDATE shops SET closed = true WHERE shop_id = %(shop_id)s", "not_listed"),
    ],
    ids=["price", "variant", "product", "shop"],
)
def test_an_order_that_waited_for_its_stock_is_offered_what_is_for_sale_then(market, order, meanwhile, reason):
    product = market.product(stock=1)
    [variant] = product["variants"]
    placed = order(product)
    with contextlib.closing(psycopg2.connect(market.dsn)) as keeper, keeper, keeper.cursor() as cursor:
        cursor.execute("SELECT 1 FROM stock WHERE variant_id = %s FOR UPDATE", (variant["product_variant_id"],))
        told = market.publish(placed)
        until(lambda: market.rows(WAITING) == [("yeshi-catalog-events",)])
        cursor.execute(meanwhile, {name: product[name] for name in ("product_id", "shop_id")})
    market.until_heard(told)
    assert [one["reason"] for one in market.emitted("catalog.stock_rejected.v1", placed.order_id)] == [reason]
    assert market.states([placed.order_id]) == ["rejected"]


def test_a_shop_is_handed_over_while_news_of_both_its_owners_come(market, pool):
    shop = market.shop()
    heir, invitation = market.hire(shop, "manager"), str(uuid7())
    where = {"shop_id": shop["shop_id"], "invitation_id": invitation}
    market.call("invite_staff", shop["owner_id"], **where, role="owner", user_id=heir)
    market.seller_says(heir, "approved", 1)
    market.shop(heir)  # so the copy is there
    news = [SellerCopy(UUID(one), "approved", 2) for one in (heir, shop["owner_id"])]
    with ThreadPoolExecutor(1) as thread:
        with units(pool)() as unit:

            def late() -> datetime:
                """The news come after the look whether the heir may, and before the shop is held."""
                unit.sellers.put(news)
                return now()

            desk = InvitationDesk(units(pool), PostgresReader(pool), Sellerhood(units(pool), now), late)
            accepting = thread.submit(desk.accept, UUID(heir), UUID(invitation), None, None)
            until(lambda: market.rows(WAITING))
            assert [str(one.id) for one in unit.shops.owned_by([UUID(shop["owner_id"])])] == [shop["shop_id"]]
        assert accepting.result()["state"] == "accepted"


@pytest.fixture
def operator(market):
    return {**as_user(market.seller()), "roles": ["operator"]}


@pytest.fixture
def kettles(market, operator):
    """A new category that is a leaf."""
    category_id = f"cat-{uuid7()}"
    new = {"category_id": category_id, "name": "壺", "name_en": "Kettles"}
    market.ask("add_category", operator, new)
    return category_id


def below(category_id: str) -> dict[str, str]:
    return {"category_id": f"cat-{uuid7()}", "name": "鐵壺", "name_en": "Iron", "parent_id": category_id}


@contextlib.contextmanager
def being_divided(pool, category_id: str) -> Iterator[None]:
    """The block runs while an operator's change that puts another category below this one is not committed yet."""
    with units(pool)() as unit:
        unit.categories.lock()
        assert not unit.categories.in_use(category_id)
        new = below(category_id)
        unit.categories.add(new["category_id"], category_id, new["name"], new["name_en"], 0)
        unit.categories.grown()
        yield


def test_a_category_that_a_product_comes_into_gets_no_other_below_it(market, operator, kettles):
    product = market.product(market.shop())
    with ThreadPoolExecutor(1) as thread:
        with contextlib.closing(psycopg2.connect(market.dsn)) as seller, seller, seller.cursor() as cursor:
            move = "UPDATE products SET category_id = %s WHERE product_id = %s"
            cursor.execute(move, (kettles, product["product_id"]))
            adding = thread.submit(market.ask, "add_category", operator, below(kettles))
            until(lambda: market.rows(WAITING))
        with pytest.raises(Refusal) as refused:
            adding.result()
    assert refused.value.code == "category_in_use"


@pytest.mark.parametrize("new", [True, False], ids=["made", "moved"])
def test_a_product_comes_into_no_category_that_gets_others_below_it(market, pool, kettles, new):
    shop = market.shop()
    known = market.product(shop)["product_id"]
    with ThreadPoolExecutor(1) as thread:
        with being_divided(pool, kettles):
            if new:
                putting = thread.submit(market.product, shop, category=kettles)
            else:
                asked = {"product_id": known, "category": kettles}
                putting = thread.submit(lambda: market.call("patch_product", shop["owner_id"], **asked))
            until(lambda: market.rows(WAITING))
        with pytest.raises(Refusal) as refused:
            putting.result()
    assert refused.value.code == "unknown_category"


@pytest.mark.parametrize("mode", ["skip_bad", "all_or_nothing"])
def test_a_sheet_is_looked_at_again_when_a_category_it_names_gets_others_below_it(market, pool, uploads, kettles, mode):
    uploads.work()
    shop = market.shop()
    with being_divided(pool, kettles):
        import_id = uploads.send(shop, goods(1, 類別=kettles), mode=mode)
        until(lambda: market.rows(WAITING) == [("yeshi-catalog-work",)])
    assert uploads.ended(shop, import_id)["products"]["created"] == 0
    assert {one["column"] for one in uploads.errors(shop, import_id)} == {"類別"}
    assert uploads.products(shop) == []


@pytest.mark.parametrize(
    ("quantity", "state", "level"), [(8, "done", (8, 3)), (2, "refused", (5, 3))], ids=["enough", "too few"]
)
def test_an_order_does_not_wait_for_the_whole_of_a_sheet(market, uploads, kettles, order, quantity, state, level):
    uploads.work()
    shop = market.shop()
    product = market.product(shop, stock=5, parent_sku="T0", options=[{"name": "尺寸", "values": ["小", "大"]}])
    small = product["variants"][0]["product_variant_id"]
    rows = [*goods(1, 商品數量=quantity), *goods(500, first=1), *goods(1, first=501, 類別=kettles)]
    with contextlib.closing(psycopg2.connect(market.dsn)) as keeper, keeper, keeper.cursor() as cursor:
        cursor.execute("SELECT FROM categories WHERE category_id = %s FOR UPDATE", (kettles,))
        import_id = uploads.send(shop, rows, mode="all_or_nothing")
        until(lambda: market.rows(WAITING) == [("yeshi-catalog-work",)])  # in its second piece
        market.tell(placed := order(product, (small, 3)), patience=5)
        assert market.states([placed.order_id]) == ["held"]
    assert uploads.ended(shop, import_id)["state"] == state
    assert market.levels(small) == [level]
    assert {one["code"] for one in uploads.errors(shop, import_id)} <= {"stock_below_reserved"}
    assert len(uploads.products(shop)) == (502 if state == "done" else 1)
