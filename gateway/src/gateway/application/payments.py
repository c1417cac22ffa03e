"""Paying at the door: one key, asked again until LINE Pay's page is known or patience ends."""

import asyncio
from typing import Any, Protocol

from chassis.errors import Unavailable
from gateway.application.checkout import fingerprint, idempotency_key

Principal = dict[str, Any] | None
View = dict[str, Any]

PATIENCE = 3.0  # seconds until a payment without a page is answered as it is
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 0.5


class Services(Protocol):
    """The services behind the door."""

    async def ask(self, service: str, method: str, principal: Principal, payload: Any = None) -> Any:
        """An answer. Raises its Refusal."""


class PaymentDesk:
    """Begins payments. LINE Pay is asked by orders' worker, so its page comes a moment later."""

    def __init__(self, services: Services, *, patience: float = PATIENCE) -> None:
        self._services = services
        self._patience = patience

    async def pay(self, principal: Principal, order_id: str, key: str | None) -> View:
        """The payment as it stands, with LINE Pay's page if it is known by now. Raises orders' refusals."""
        asked = {
            "order_id": order_id,
            "key": idempotency_key(key),
            "fingerprint": fingerprint({"order_id": order_id}),
        }
        found: View = await self._services.ask("orders", "pay_order", principal, asked)
        try:
            async with asyncio.timeout(self._patience):
                pause = FIRST_PAUSE
                while found["payment_status"] == "requested" and not found.get("payment_url"):
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
                    found = await self._services.ask("orders", "pay_order", principal, asked)
        except (TimeoutError, Unavailable):
            return found  # begun: the caller asks again with the same key
        return found

    async def returned(self, order_id: str, transaction_id: str, *, cancelled: bool) -> View:
        """The browser came back from LINE Pay. Answers the order's id and status. Raises Missing, Unavailable."""
        asked = {"order_id": order_id, "transaction_id": transaction_id, "cancelled": cancelled}
        found: View = await self._services.ask("orders", "line_pay_returned", None, asked)
        return found
