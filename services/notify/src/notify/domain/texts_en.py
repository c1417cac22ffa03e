"""English."""

NOTIFICATIONS = {
    "order.new.unpaid": (
        "New order NT${total:,}",
        "{shop} has a new order. The buyer has not paid yet: please ship it once it is paid.",
    ),
    "order.new.to_ship": (
        "New order NT${total:,}",
        "{shop} has a new order. It is paid in cash on delivery: please get it ready.",
    ),
    "order.voided": ("Order void", "{shop}: the order was called off."),
    "order.voided.reason": ("Order void", "{shop}: the order was called off. Reason: {reason}."),
    "order.paid": ("Order paid", "{shop} has an order that is paid: please get it ready."),
    "order.shipped": ("Order shipped", "{shop} has shipped your order."),
    "order.completed": ("Order completed", "{shop}: an order is completed. The buyer has received it."),
    "stock.low": ("Little left in stock", "{shop}: {goods} has {left} left. Time to restock."),
    "stock.out": ("Sold out", "{shop}: {goods} has {left} left. Time to restock."),
    "seller.approved": ("You may sell", "You can open a shop and list products now."),
    "seller.rejected": (
        "Seller application refused",
        "Your application did not pass. Please check your particulars and try again.",
    ),
    "seller.suspended": ("Selling suspended", "Your shops are closed for now. Please write to our support."),
    "staff.invited": (
        "A shop invites you",
        "{shop} invites you to work together. Please accept or decline within 7 days.",
    ),
    "staff.accepted": ("Invitation accepted", "{shop}: the person you invited has joined."),
    "staff.declined": ("Invitation declined", "{shop}: the person you invited does not join this time."),
}
REASONS = {
    "out_of_stock": "sold out",
    "price_changed": "the price has changed",
    "not_listed": "no longer listed",
    "cancelled_by_buyer": "the buyer cancelled it",
    "cancelled_by_seller": "the seller cancelled it",
    "payment_timeout": "not paid in time",
}
PHRASES = {
    "shop": "“{name}”",
    "some_shop": "A shop",
    "goods": "“{name}”",
    "variant": "“{name}” ({options})",
    "between": ", ",
    "open": "Open",
    "missed": "{count} more were not sent, for this month's LINE messages are used up. See the bell.",
}
