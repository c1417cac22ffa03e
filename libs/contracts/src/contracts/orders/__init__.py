"""What orders says, is asked and answers, a file for each subject; this is all of it by name."""

from contracts.orders.carts import Cart, CartItem, CartShop, PutCartItem, VariantId
from contracts.orders.checkouts import Checkout, CheckoutId, CheckoutResult, ShipTo
from contracts.orders.events import (
    OrderCompletedV1,
    OrderConfirmedV1,
    OrderPaidV1,
    OrderPlacedV1,
    OrderShippedV1,
    OrderVoidedV1,
    PlacedLine,
)
from contracts.orders.orders import (
    Dashboard,
    ListOrders,
    Order,
    OrderId,
    OrderLine,
    PaymentMethod,
    ShipOrder,
    Status,
    VoidReason,
)
from contracts.orders.payments import LinePayReturned, Payment, PayOrder
