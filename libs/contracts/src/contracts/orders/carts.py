"""Carts. Money is an integer in TWD."""

import msgspec


class PutCartItem(msgspec.Struct, frozen=True, kw_only=True):
    """`put_cart_item_many`: the quantity becomes this one. Answers the `Cart`."""

    variant_id: str
    quantity: int


class VariantId(msgspec.Struct, frozen=True, kw_only=True):
    """`delete_cart_item`. Answers the `Cart`."""

    variant_id: str


class CartItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a cart. `price` is what one unit costs the buyer now, after discount and quantity tier.

    `available` is a hint; `problem` says why the line cannot be bought as it is: `not_listed`, `out_of_stock`,
    `price_changed`, `shop_on_holiday`.
    """

    variant_id: str
    product_id: str
    name: str
    options: list[str]
    quantity: int
    price: int
    available: int
    problem: str | None = None
    photo_url: str | None = None


class CartShop(msgspec.Struct, frozen=True, kw_only=True):
    """What a cart holds of one shop."""

    shop_id: str
    shop_name: str
    items: list[CartItem]
    items_total: int


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `get_cart`, `put_cart_item_many`, `delete_cart_item`. `total` is without shipping."""

    shops: list[CartShop]
    total: int
