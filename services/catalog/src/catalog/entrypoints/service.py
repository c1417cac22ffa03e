"""The nameko service: methods decode, hand over and encode."""

from typing import Any

from catalog.adapters.seller_directory import RpcSellerDirectory
from catalog.application.shops import OpenShop
from catalog.bootstrap import Catalog, build
from catalog.domain.shop import Role
from catalog.entrypoints import commands
from catalog.entrypoints.events import CatalogRouter
from catalog.settings import CatalogSettings
from chassis.decode import Payload, Principal, caller, known, new, page, request, there, visitor
from chassis.errors import Missing, Refusal
from chassis.events import EventInbox
from chassis.green import Application, RpcCaller, consume_events, rpc, run
from chassis.postgres import Pool
from chassis.settings import load_or_exit
from contracts import catalog as contract


class CatalogService:
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

    @rpc
    def create_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `CreateProduct`."""
        asked = request(payload, contract.CreateProduct)
        return self.app.products.make(commands.make_product(caller(principal), asked))

    @rpc
    def get_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ProductId`."""
        return self.app.reading.product(visitor(principal), _product(payload))

    @rpc
    def get_product_many(self, principal: Principal, items: list[dict[str, Any]]) -> Any:
        """Contract `ProductId`, coalesced: one read for all."""
        asked = [(visitor(item.get("principal")), _product_or_none(item.get("payload"))) for item in items]
        answers = iter(self.app.reading.each([(by, product_id) for by, product_id in asked if product_id]))
        seen = [next(answers) if product_id else None for _, product_id in asked]
        return [{"result": view} if view else {"error": Missing().as_dict()} for view in seen]

    @rpc
    def get_products(self, principal: Principal, payload: Payload) -> Any:
        """Contract `GetMany`: public products."""
        return {"items": self.app.reading.public(known(request(payload, contract.GetMany).ids))}

    @rpc
    def patch_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PatchProduct`."""
        asked = request(payload, contract.PatchProduct)
        return self.app.products.change(commands.change_product(caller(principal), asked))

    @rpc
    def delete_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ProductId`."""
        self.app.products.delete(caller(principal), _product(payload))

    @rpc
    def list_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ProductId`."""
        return self.app.products.put_on_list(caller(principal), _product(payload), RpcSellerDirectory(self.users))

    @rpc
    def unlist_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ProductId`."""
        return self.app.products.take_off_list(caller(principal), _product(payload))

    @rpc
    def may_edit_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ProductId`, answer `MayEdit`."""
        return self.app.products.may_edit(caller(principal), _product(payload))

    @rpc
    def may_edit_variant(self, principal: Principal, payload: Payload) -> Any:
        """Contract `VariantId`, answer `MayEdit`."""
        variant_id = there(request(payload, contract.VariantId).variant_id)
        return self.app.products.may_edit_variant(caller(principal), variant_id)

    @rpc
    def list_shop_products(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ListShopProducts`."""
        asked = request(payload, contract.ListShopProducts)
        before, limit = page(asked.cursor, asked.limit)
        return self.app.reading.of_shop(visitor(principal), there(asked.shop_id), asked.state, before, limit)

    @rpc
    def search_products(self, principal: Principal, payload: Payload) -> Any:
        """Contract `SearchProducts`."""
        asked = request(payload, contract.SearchProducts)
        before, limit = page(asked.cursor, asked.limit)
        shop_id = new(asked.shop_id, "shop_id") if asked.shop_id else None
        return self.app.reading.search(asked.q, asked.category, shop_id, before, limit)

    @rpc
    def add_variant(self, principal: Principal, payload: Payload) -> Any:
        """Contract `AddVariant`."""
        by, asked = caller(principal), request(payload, contract.AddVariant)
        return self.app.products.add_variant(by, there(asked.product_id), commands.wanted_variant(asked))

    @rpc
    def patch_variant(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PatchVariant`."""
        asked = request(payload, contract.PatchVariant)
        return self.app.products.change_variant(commands.change_variant(caller(principal), asked))

    @rpc
    def delete_variant(self, principal: Principal, payload: Payload) -> Any:
        """Contract `VariantId`."""
        asked = request(payload, contract.VariantId)
        self.app.products.delete_variant(caller(principal), there(asked.variant_id))

    @rpc
    def put_stock(self, principal: Principal, payload: Payload) -> Any:
        """Contract `SetStock`, answer `Stock`."""
        by, asked = caller(principal), request(payload, contract.SetStock)
        return self.app.stock.put(by, there(asked.variant_id), asked.quantity)

    @rpc
    def get_categories(self, principal: Principal, payload: Payload) -> Any:
        """The whole tree."""
        return self.app.reading.categories()

    @rpc
    def get_offers(self, principal: Principal, payload: Payload) -> Any:
        """Contract `GetMany` of variant ids, answers `Offer` by id."""
        return {"items": self.app.reading.offers(known(request(payload, contract.GetMany).ids))}


def _product(payload: Payload) -> Any:
    return there(request(payload, contract.ProductId).product_id)


def _product_or_none(payload: Any) -> Any:
    try:
        return _product(payload)
    except Refusal:
        return None


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
