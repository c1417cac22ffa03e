"""The events edge-gateway hears: who works in which shop."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.errors import Invalid
from chassis.events import Delivered, EventRouter
from contracts import catalog
from edge_gateway.adapters.unit_of_work import PostgresUnit
from edge_gateway.bootstrap import EdgeGateway
from edge_gateway.domain.staff import ShopCopy
from kernel.rights import role_of


def router(app: EdgeGateway) -> EventRouter:
    """Hands each run of shops to the application."""
    routes = EventRouter()

    @routes.on(catalog.ShopChangedV1)
    def on_shops(run: Sequence[Delivered], tx: Any) -> None:
        app.staffing.heard([_copy(event.data) for event in run], PostgresUnit(tx))

    return routes


def _copy(shop: catalog.ShopChangedV1) -> ShopCopy:
    """Raises Invalid, which ends the event's tries."""
    try:
        staff = {UUID(one.user_id): role_of(one.role) for one in shop.staff}
        return ShopCopy(UUID(shop.shop_id), shop.version, staff)
    except ValueError as error:
        raise Invalid(str(error)) from None
