"""Catalog asked over the bus, on behalf of whoever calls."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from chassis.errors import Kind, Refusal
from edge_gateway.domain.staff import ShopCopy
from kernel.rights import role_of

Call = Callable[[str, dict[str, Any]], Any]


class RpcShopDirectory:
    """`call(method, payload)` asks catalog with the caller's principal."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def ask(self, shop_id: UUID) -> ShopCopy | None:
        """The shop with its staff; None when there is none, or when the caller is not among them."""
        try:
            shop = self._call("get_shop", {"shop_id": str(shop_id)})
        except Refusal as refused:
            if refused.kind is Kind.MISSING:
                return None
            raise
        if "staff" not in shop:
            return None
        return ShopCopy(shop_id, shop["version"], {UUID(one["user_id"]): role_of(one["role"]) for one in shop["staff"]})
