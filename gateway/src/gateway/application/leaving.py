"""Leaving: an account goes when nobody waits for it any more."""

import asyncio
from typing import Any, Protocol

from chassis.errors import Kind, Refusal

Principal = dict[str, Any] | None

OPEN = ("pending", "unpaid", "to_ship", "shipping")


class OrdersOpen(Refusal):
    """Orders of theirs are still on their way; `buying` and `selling` say where."""

    code = "orders_open"
    kind = Kind.CONFLICT


class Services(Protocol):
    """The services behind the door."""

    async def ask(self, service: str, method: str, principal: Principal, payload: Any = None) -> Any:
        """An answer. Raises its Refusal."""


class LeavingDesk:
    """Users deletes the account, orders knows whether somebody still waits for it: the door asks both."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def leave(self, principal: Principal, password: str | None) -> None:
        """The caller's account is gone. An order placed while this is asked goes on without them.

        Raises OrdersOpen, users' refusals, Unavailable.
        """
        mine = [self._services.ask("orders", "list_orders", principal, {"status": one, "limit": 1}) for one in OPEN]
        dashboard, *pages = await asyncio.gather(
            self._services.ask("orders", "seller_dashboard", principal, {}),
            *mine,
        )
        selling = sum(int(dashboard["counts"].get(status, 0)) for status in OPEN)
        buying = any(page["items"] for page in pages)
        if selling or buying:
            raise OrdersOpen("finish or cancel your open orders first", buying=buying, selling=bool(selling))
        await self._services.ask("users", "delete_account", principal, {"password": password})
