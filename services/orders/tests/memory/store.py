"""What would be tables."""

from dataclasses import dataclass, field

from orders.domain.cart import CartLine


@dataclass
class Store:
    """What would be tables."""

    offers: dict = field(default_factory=dict)
    shops: dict = field(default_factory=dict)
    carts: dict = field(default_factory=dict)  # buyer -> {variant: (quantity, price_version)}
    turns: dict = field(default_factory=dict)
    checkouts: dict = field(default_factory=dict)  # id -> [buyer, key, StoredCheckout, order ids]
    orders: dict = field(default_factory=dict)  # id -> PlacedOrder
    steps: dict = field(default_factory=dict)
    payments: dict = field(default_factory=dict)  # (order, attempt) -> Payment
    payment_keys: dict = field(default_factory=dict)  # (user, key) -> request, time
    events: list = field(default_factory=list)
    copy_faults: list = field(default_factory=list)  # raised one by one when offers are copied
    faults: list = field(default_factory=list)  # raised one by one when checkouts are added or carts are filled
    opened: int = 0  # transactions

    def lines(self, buyer):
        lying = self.carts.get(buyer, {})
        return [CartLine(q, v, self.offers[i], self.shops.get(self.offers[i].shop_id)) for i, (q, v) in lying.items()]


KEPT = ("offers", "shops", "carts", "turns", "checkouts", "orders", "steps", "payments", "payment_keys", "events")
