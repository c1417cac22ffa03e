"""Users asked over the bus."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from catalog.application.ports import SellerCopy


class RpcSellerDirectory:
    """`call` asks users: `call(method, principal, payload)`."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def ask(self, user_id: UUID) -> SellerCopy | None:
        """The seller, or None when the user is none. Raises Unavailable."""
        answer = self._call("get_sellers", None, {"seller_ids": [str(user_id)]})
        seller = answer.get("items", {}).get(str(user_id))
        return SellerCopy(user_id, seller["state"], seller["version"]) if seller else None
