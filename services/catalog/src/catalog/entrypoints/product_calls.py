"""Calls about products and their variants: made, changed, put on the market, read and found."""

from typing import Any

from catalog.adapters.seller_directory import RpcSellerDirectory
from catalog.bootstrap import Catalog
from catalog.domain import blocked
from catalog.entrypoints import commands
from chassis.decode import Payload, Principal, caller, known, operator, page, request, there, visitor
from chassis.errors import Missing, Refusal
from chassis.green import RpcCaller, rpc
from contracts import catalog as contract


class ProductCalls:
    """The part of the service that products belong to."""

    app: Catalog
    users: RpcCaller

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
    def put_options(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PutOptions`."""
        by, asked = caller(principal), request(payload, contract.PutOptions)
        levels = commands.wanted_levels(asked)
        return self.app.variants.put_options(by, there(asked.product_id), levels, asked.expected_version)

    @rpc
    def delete_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ProductId`."""
        by, asked = caller(principal), request(payload, contract.ProductId)
        self.app.products.delete(by, there(asked.product_id), asked.expected_version)

    @rpc
    def list_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ProductId`."""
        by, asked = caller(principal), request(payload, contract.ProductId)
        directory = RpcSellerDirectory(self.users)
        return self.app.listing.put_on_list(by, there(asked.product_id), directory, asked.expected_version)

    @rpc
    def schedule_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ScheduleProduct`."""
        by, asked = caller(principal), request(payload, contract.ScheduleProduct)
        list_at = commands.moment(asked.list_at, "list_at")
        return self.app.listing.schedule(by, there(asked.product_id), list_at, asked.expected_version)

    @rpc
    def unlist_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ProductId`."""
        by, asked = caller(principal), request(payload, contract.ProductId)
        return self.app.listing.take_off_list(by, there(asked.product_id), asked.expected_version)

    @rpc
    def block_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `BlockProduct`."""
        by, asked = operator(principal), request(payload, contract.BlockProduct)
        return self.app.listing.block(by, there(asked.product_id), asked.reason)

    @rpc
    def unblock_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ProductId`."""
        operator(principal)
        return self.app.listing.unblock(_product(payload))

    @rpc
    def list_blocked_products(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ListBlockedProducts`."""
        operator(principal)
        asked = request(payload, contract.ListBlockedProducts)
        after, (_, limit) = blocked.place(asked.cursor), page(None, asked.limit)
        return self.app.moderation.blocked(after, limit)

    @rpc
    def may_edit_product(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ProductId`, answer `MayEdit`."""
        return self.app.products.may_edit(caller(principal), _product(payload))

    @rpc
    def may_edit_variant(self, principal: Principal, payload: Payload) -> Any:
        """Contract `VariantId`, answer `MayEdit`."""
        asked = request(payload, contract.VariantId)
        return self.app.variants.may_edit(caller(principal), there(asked.variant_id))

    @rpc
    def list_shop_products(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ListShopProducts`."""
        asked = request(payload, contract.ListShopProducts)
        before, limit = page(asked.cursor, asked.limit)
        return self.app.reading.of_shop(visitor(principal), there(asked.shop_id), asked.state, before, limit)

    @rpc
    def search_products(self, principal: Principal, payload: Payload) -> Any:
        """Contract `SearchProducts`."""
        return self.app.searching.find(commands.search(request(payload, contract.SearchProducts)))

    @rpc
    def add_variant(self, principal: Principal, payload: Payload) -> Any:
        """Contract `AddVariant`."""
        by, asked = caller(principal), request(payload, contract.AddVariant)
        return self.app.variants.add(
            by,
            there(asked.product_id),
            commands.wanted_variant(asked),
            asked.expected_version,
        )

    @rpc
    def patch_variant(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PatchVariant`."""
        asked = request(payload, contract.PatchVariant)
        return self.app.variants.change(commands.change_variant(caller(principal), asked))

    @rpc
    def delete_variant(self, principal: Principal, payload: Payload) -> Any:
        """Contract `VariantId`."""
        by, asked = caller(principal), request(payload, contract.VariantId)
        self.app.variants.delete(by, there(asked.variant_id), asked.expected_version)

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
