"""Catalog asked over the bus."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from chassis.errors import Kind, Refusal, Unavailable
from kernel.rights import Role, role_of
from orders.domain.money import ShippingOption, Tier
from orders.domain.offer import Holiday, Offer, Shop


class RpcCatalogDirectory:
    """`call` asks catalog: `call(method, principal, payload, timeout=seconds)`."""

    def __init__(self, call: Callable[..., Any], timeout: float = 2.0) -> None:
        self._ask = call
        self._timeout = timeout

    def offers(self, variant_ids: Sequence[UUID]) -> dict[UUID, Offer]:
        """Offers by variant id. Raises Unavailable."""
        answer = self._call("get_offers", None, {"ids": [str(one) for one in variant_ids]})
        return {UUID(variant_id): _offer(raw) for variant_id, raw in answer["items"].items()}

    def shops(self, shop_ids: Sequence[UUID]) -> dict[UUID, Shop]:
        """Shops by id as anybody sees them. Raises Unavailable."""
        answer = self._call("get_shops", None, {"ids": [str(one) for one in shop_ids]})
        return {UUID(shop_id): _shop(raw) for shop_id, raw in answer["items"].items()}

    def role(self, user_id: UUID, shop_id: UUID) -> Role | None:
        """What the user is in the shop: only the shop's own people may ask who works there."""
        principal = {"user_id": str(user_id), "session_id": "", "roles": []}
        try:
            answer = self._call("list_staff", principal, {"shop_id": str(shop_id)})
        except Unavailable:
            raise
        except Refusal as refusal:
            if refusal.kind in (Kind.MISSING, Kind.FORBIDDEN):
                return None
            raise
        roles = [role_of(one["role"]) for one in answer["items"] if one["user_id"] == str(user_id)]
        return roles[0] if roles else None

    def _call(self, method: str, principal: dict[str, Any] | None, payload: dict[str, Any]) -> Any:
        return self._ask(method, principal, payload, timeout=self._timeout)


def _offer(raw: dict[str, Any]) -> Offer:
    return Offer(
        variant_id=UUID(raw["product_variant_id"]),
        product_id=UUID(raw["product_id"]),
        product_version=raw["product_version"],
        shop_id=UUID(raw["shop_id"]),
        seller_id=UUID(raw["seller_id"]),
        name=raw["name"],
        options=tuple(raw["options"]),
        price=raw["price"],
        discount=raw["discount"],
        price_version=raw["price_version"],
        listed=raw["listed"],
        tiers=tuple(Tier(tier["from_quantity"], tier["percent_off"]) for tier in raw["tiers"]),
        refund_rule=raw["refund_rules"],
        available=raw["available"],
        stock_version=raw["stock_version"],
        min_quantity=raw.get("min_quantity", 1),
        methods=None if raw.get("shipping_methods") is None else tuple(raw["shipping_methods"]),
    )


def _shop(raw: dict[str, Any]) -> Shop:
    return Shop(
        id=UUID(raw["shop_id"]),
        version=raw["version"],
        owner_id=UUID(raw["owner_id"]),
        name=raw["name"],
        state=raw["state"],
        shipping=tuple(ShippingOption(one["method"], one["fee"], one["free_from"]) for one in raw["shipping"]),
        holiday=_holiday(raw["holiday"]) if raw.get("holiday") else None,
        complete=False,
    )


def _holiday(raw: dict[str, Any]) -> Holiday:
    return Holiday(date.fromisoformat(raw["until"]) if raw["until"] else None)
