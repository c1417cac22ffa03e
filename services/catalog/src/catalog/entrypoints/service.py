"""The nameko service: methods decode, hand over and encode."""

from typing import Any

from catalog.adapters.seller_directory import RpcSellerDirectory
from catalog.application.shops import OpenShop
from catalog.bootstrap import Catalog, build
from catalog.domain.shop import Role
from catalog.entrypoints import commands
from catalog.entrypoints.category_calls import CategoryCalls
from catalog.entrypoints.events import CatalogRouter
from catalog.entrypoints.import_methods import ImportMethods
from catalog.entrypoints.product_calls import ProductCalls
from catalog.entrypoints.stock_calls import StockCalls
from catalog.settings import CatalogSettings
from chassis.decode import Payload, Principal, caller, known, new, page, request, there, visitor
from chassis.events import EventInbox
from chassis.green import Application, RpcCaller, consume_events, rpc, run
from chassis.postgres import Pool
from chassis.settings import load_or_exit
from contracts import catalog as contract


class CatalogService(ProductCalls, StockCalls, CategoryCalls, ImportMethods):
    """Shops, products, prices, stock."""

    name = "catalog"

    app: Catalog = Application()
    events = consume_events()
    users = RpcCaller("users")

    @rpc
    def create_shop(self, principal: Principal, payload: Payload) -> Any:
        """Contract `CreateShop`."""
        by, asked = caller(principal), request(payload, contract.CreateShop)
        command = OpenShop(by, new(asked.shop_id, "shop_id"), asked.name, asked.kind, asked.address)
        return self.app.shops.open(command, RpcSellerDirectory(self.users))

    @rpc
    def get_shop(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ShopId`."""
        return self.app.shops.get(visitor(principal), there(request(payload, contract.ShopId).shop_id))

    @rpc
    def get_shops(self, principal: Principal, payload: Payload) -> Any:
        """Contract `GetMany`."""
        ids = known(request(payload, contract.GetMany).ids)
        return {"items": self.app.shops.get_many(visitor(principal), ids)}

    @rpc
    def patch_shop(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PatchShop`."""
        asked = request(payload, contract.PatchShop)
        return self.app.shops.change(commands.change_shop(caller(principal), asked))

    @rpc
    def list_my_shops(self, principal: Principal, payload: Payload) -> Any:
        """Contract `Page`."""
        asked = request(payload, contract.Page)
        return self.app.shops.mine(caller(principal), *page(asked.cursor, asked.limit))

    @rpc
    def list_staff(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ShopId`."""
        return self.app.shops.staff(caller(principal), there(request(payload, contract.ShopId).shop_id))

    @rpc
    def put_staff(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PutStaff`."""
        by, asked = caller(principal), request(payload, contract.PutStaff)
        return self.app.shops.put_staff(by, there(asked.shop_id), new(asked.user_id, "user_id"), Role(asked.role))

    @rpc
    def delete_staff(self, principal: Principal, payload: Payload) -> Any:
        """Contract `DeleteStaff`."""
        by, asked = caller(principal), request(payload, contract.DeleteStaff)
        return self.app.shops.delete_staff(by, there(asked.shop_id), there(asked.user_id))


def start(_arguments: list[str]) -> int:
    """The process."""
    settings = load_or_exit(CatalogSettings)
    pool = Pool(settings.postgres_dsn, size=settings.pool_size, name="catalog")
    app = build(pool)
    return run(
        CatalogService,
        settings=settings,
        amqp_url=settings.amqp_url,
        application=app,
        inbox=EventInbox("catalog", pool, CatalogRouter(app)),
        checks={"postgres": pool.problem},
        on_stopped=pool.close,
    )
