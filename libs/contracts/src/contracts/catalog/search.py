"""Finding products: those of a shop, and those on the market."""

from typing import Literal

import msgspec


class ListShopProducts(msgspec.Struct, frozen=True, kw_only=True):
    """`list_shop_products`, newest first. Staff see every state; everybody else what is listed."""

    shop_id: str
    state: Literal["draft", "scheduled", "listed", "unlisted", "blocked"] | None = None
    cursor: str | None = None
    limit: int = 20


class SearchProducts(msgspec.Struct, frozen=True, kw_only=True):
    """`search_products` among listed ones. A category stands for everything below it; prices are those of a product's
    cheapest variant. Without `sort`, the best come first for words and the newest for none. A cursor is good for the
    order it came from.
    """

    q: str | None = None
    category: str | None = None
    shop_id: str | None = None
    min_price: int | None = None
    max_price: int | None = None
    condition: Literal["new", "used"] | None = None
    sort: str | None = None  # relevance, newest, price_asc, price_desc, sales
    cursor: str | None = None
    limit: int = 20
