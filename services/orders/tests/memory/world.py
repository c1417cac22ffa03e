"""The application with its parts, a buyer, and shops to buy from."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from chassis.errors import Refusal
from chassis.ids import uuid7
from kernel.rights import Role
from orders.application.carts import CartWish
from orders.application.line_pay import LinePayWork
from orders.application.settling import StockAnswer
from orders.bootstrap import Orders
from orders.domain.checkout import Wish
from orders.domain.delivery import Destination
from orders.domain.money import ShippingOption
from orders.domain.offer import Offer, Shop
from orders.domain.order import PaymentMethod
from services.orders.tests.memory.neighbours import FakeCatalog, FakeLinePay
from services.orders.tests.memory.store import Store
from services.orders.tests.memory.unit import MemoryUnit

PAY_WITHIN = timedelta(hours=24)

PER_MINUTE = 30

ADDRESS = {
    "name": "王小美",
    "phone": "0912-345-678",
    "city": "臺北市",
    "district": "大同區",
    "postal_code": "103",
    "line": "寧夏路 1 號",
}


@dataclass
class World:
    """The application with its parts, a buyer, and shops to buy from."""

    store: Store
    app: Orders
    work: LinePayWork
    catalog: FakeCatalog
    line: FakeLinePay
    clock: list[datetime]
    buyer: UUID = field(default_factory=uuid7)

    def later(self, **delta: float) -> None:
        self.clock[0] += timedelta(**delta)

    def shop(self, **changes) -> Shop:
        owner = uuid7()
        values = {
            "id": uuid7(),
            "version": 1,
            "owner_id": owner,
            "name": "寧夏茶行",
            "state": "open",
            "shipping": (ShippingOption("home_delivery", 80, 1500), ShippingOption("store_711", 60)),
            "staff": {owner: Role.OWNER},
        }
        shop = Shop(**{**values, **changes})
        self.store.shops[shop.id] = shop
        return shop

    def offer(self, shop: Shop, **changes) -> Offer:
        values = {
            "variant_id": uuid7(),
            "product_id": uuid7(),
            "product_version": 1,
            "shop_id": shop.id,
            "seller_id": shop.owner_id,
            "name": "東方美人茶",
            "options": ("紅",),
            "price": 100,
            "discount": 0,
            "price_version": 1,
            "listed": True,
            "available": 10,
        }
        offer = Offer(**{**values, **changes})
        self.store.offers[offer.variant_id] = offer
        return offer

    def put(self, offer: Offer, quantity: int = 1, by: UUID | None = None):
        [answer] = self.app.carts.put([CartWish(by or self.buyer, offer.variant_id, quantity)], self.catalog)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def wish(self, *shops: Shop, **changes) -> Wish:
        values = {
            "by": self.buyer,
            "checkout_id": uuid7(),
            "order_ids": tuple(uuid7() for _ in shops),
            "key": str(uuid7()),
            "fingerprint": "f",
            "payment_method": PaymentMethod.LINE_PAY,
            "destinations": tuple(Destination.of(shop.id, "home_delivery", ADDRESS, None) for shop in shops),
        }
        return Wish(**{**values, **changes})

    def placed(self, shop=None, **changes):
        """A pending order of one line, in a new shop unless told in which: (order id, shop)."""
        shop = shop or self.shop()
        self.put(self.offer(shop))
        [answer] = self.app.checkouts.take([self.wish(shop, **changes)], self.catalog)
        return UUID(answer["orders"][0]["order_id"]), shop

    def unpaid(self, shop=None, **changes):
        """An order whose stock is held."""
        order_id, shop = self.placed(shop, **changes)
        self.app.settling.settle([StockAnswer(order_id)], MemoryUnit(self.store))
        return order_id, shop

    def order(self, order_id: UUID):
        return self.store.orders[order_id].order

    def told(self, order_id: UUID) -> list[str]:
        """Names of what was published about an order."""
        return [type(event).__name__ for event in self.store.events if event.order.id == order_id]
