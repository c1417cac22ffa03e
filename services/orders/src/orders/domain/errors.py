"""What orders refuses, by stable code."""

from chassis.errors import Invalid, Kind, Refusal


class IllegalTransition(Refusal):
    """An order or a payment cannot go from its state to that one."""

    code = "illegal_transition"
    kind = Kind.CONFLICT


class NotListed(Refusal):
    """Something asked for is not for sale."""

    code = "not_listed"
    kind = Kind.CONFLICT


class OutOfStock(Refusal):
    """Fewer are left than asked for."""

    code = "out_of_stock"
    kind = Kind.CONFLICT


class BelowMinimum(Invalid):
    """The seller sells at least so many of it at once; `variant_ids` are at fault."""

    code = "below_min_quantity"


class CartFull(Invalid):
    """A cart holds so many lines and no more."""

    code = "cart_full"


class CartEmpty(Invalid):
    """The cart holds nothing of a shop that the checkout names."""

    code = "cart_empty"


class PriceChanged(Refusal):
    """It costs something else by now; `total` and `lines` say what. Nothing has changed."""

    code = "price_changed"
    kind = Kind.CONFLICT


class ShopClosed(Refusal):
    """The shop takes no orders now."""

    code = "shop_closed"
    kind = Kind.CONFLICT


class ShopOnHoliday(Refusal):
    """The shop rests: `until` is its last day off in Taiwan, if it has said so."""

    code = "shop_on_holiday"
    kind = Kind.CONFLICT


class MethodNotOffered(Invalid):
    """The shop does not ship that way."""

    code = "shipping_not_offered"


class KeyReused(Refusal):
    """The key stands for another request."""

    code = "idempotency_key_reused"
    kind = Kind.CONFLICT


class IdTaken(Refusal):
    """An id that was to be new is somebody's already."""

    code = "id_taken"
    kind = Kind.CONFLICT


class TooManyCheckouts(Refusal):
    """More checkouts than one user may make in a minute; `retry_after` is in seconds."""

    code = "too_many_requests"
    kind = Kind.TOO_MANY


class NotPayableHere(Refusal):
    """The order is paid another way."""

    code = "not_payable_here"
    kind = Kind.CONFLICT
