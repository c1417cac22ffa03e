"""Calls about stock and its books."""

from typing import Any

from catalog.application.stock import ChangeStock
from catalog.bootstrap import Catalog
from chassis.decode import LARGEST_PAGE, Payload, Principal, caller, new, request, there
from chassis.errors import Invalid
from chassis.green import rpc
from contracts import catalog as contract

MOST_DIGITS = 18


class StockCalls:
    """The part of the service that stock belongs to."""

    app: Catalog

    @rpc
    def put_stock(self, principal: Principal, payload: Payload) -> Any:
        """Contract `SetStock`, answer `Stock`."""
        by, asked = caller(principal), request(payload, contract.SetStock)
        return self.app.stock.put(by, there(asked.variant_id), asked.quantity)

    @rpc
    def change_stock(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ChangeStock`, answer `Stock`."""
        by, asked = caller(principal), request(payload, contract.ChangeStock)
        order_id = new(asked.order_id, "order_id") if asked.order_id else None
        return self.app.stock.change(ChangeStock(by, there(asked.variant_id), asked.add, asked.key, order_id))

    @rpc
    def list_ledger(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ListLedger`, answer `Ledger`."""
        by, asked = caller(principal), request(payload, contract.ListLedger)
        if not 1 <= asked.limit <= LARGEST_PAGE:
            raise Invalid(f"limit must be 1 to {LARGEST_PAGE}", field="limit")
        return self.app.stock.ledger(by, there(asked.variant_id), _before(asked.cursor), asked.limit)

    @rpc
    def get_order_stock(self, principal: Principal, payload: Payload) -> Any:
        """Contract `OrderId`, answer `OrderStock`."""
        by, asked = caller(principal), request(payload, contract.OrderId)
        return self.app.stock.of_order(by, there(asked.order_id))


def _before(cursor: str | None) -> int | None:
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= MOST_DIGITS):
        raise Invalid("cursor is not one of this list", field="cursor")
    return int(cursor)
