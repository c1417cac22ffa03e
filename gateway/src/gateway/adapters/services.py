"""The services behind the door. Calls that come in crowds travel together."""

from typing import Any

from chassis.aio import Bus, Coalescer
from chassis.aio.bus import DEADLINE

#: Methods that have a `…_many` twin taking a list of {"principal", "payload"}.
IN_CROWDS = (
    ("catalog", "get_product"),
    ("orders", "put_cart_item"),
    ("notify", "unread_count"),
    ("notify", "list_after"),
)


class Services:
    """Asks services. `principal` is who asks, or None for anybody."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._crowds = {(service, method): Coalescer(bus, service, f"{method}_many") for service, method in IN_CROWDS}

    async def ask(
        self,
        service: str,
        method: str,
        principal: dict[str, Any] | None,
        payload: Any = None,
        timeout: float = DEADLINE,
    ) -> Any:
        """The answer of `service.method`. Raises its Refusal; Unavailable within `timeout` seconds."""
        asked = {} if payload is None else payload
        crowd = self._crowds.get((service, method))
        if crowd is not None:
            return await crowd.call(principal, asked)
        return await self._bus.rpc(service, method, principal, asked, timeout=timeout)
