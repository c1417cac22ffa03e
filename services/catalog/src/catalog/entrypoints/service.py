"""The nameko service: methods decode, hand over and encode."""

from catalog.adapters.postgres_search import SETTINGS
from catalog.bootstrap import Catalog, build
from catalog.entrypoints.category_calls import CategoryCalls
from catalog.entrypoints.events import CatalogRouter
from catalog.entrypoints.import_methods import ImportMethods
from catalog.entrypoints.product_calls import ProductCalls
from catalog.entrypoints.shop_calls import ShopCalls
from catalog.entrypoints.stock_calls import StockCalls
from catalog.settings import CatalogSettings
from chassis.events import EventInbox
from chassis.green import Application, RpcCaller, consume_events, run
from chassis.postgres import PLANNED_ONCE, Pool
from chassis.settings import load_or_exit

EVENT_CONNECTIONS = 2  # one batch at a time, and one that is left while the server is slow to say so


class CatalogService(ShopCalls, ProductCalls, StockCalls, CategoryCalls, ImportMethods):
    """Shops, products, prices, stock."""

    name = "catalog"

    app: Catalog = Application()
    events = consume_events()
    users = RpcCaller("users")


def start(_arguments: list[str]) -> int:
    """The process."""
    settings = load_or_exit(CatalogSettings)
    pool = Pool(settings.postgres_dsn, size=settings.pool_size, name="catalog", settings=SETTINGS)
    of_the_tree = Pool(settings.postgres_dsn, size=1, name="catalog-tree")
    of_events = Pool(settings.postgres_dsn, size=EVENT_CONNECTIONS, name="catalog-events", settings=PLANNED_ONCE)
    app = build(pool, of_the_tree)

    def stopped() -> None:
        pool.close()
        of_the_tree.close()
        of_events.close()

    return run(
        CatalogService,
        settings=settings,
        amqp_url=settings.amqp_url,
        application=app,
        inbox=EventInbox("catalog", of_events, CatalogRouter(app)),
        checks={"postgres": pool.problem},
        on_stopped=stopped,
    )
