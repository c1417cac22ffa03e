"""The market that is measured on: made through the public API, its carts filled by SQL where a row asks for that."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import psycopg2
from psycopg2.extras import execute_values

from bench.client import Client
from yeshi_local.platform import Platform
from yeshi_local.story.api import Api
from yeshi_local.story.people import ADDRESS, PASSWORD, checkout_body, simple_category

SELLERS, PRODUCTS_EACH, BUYERS = 50, 20, 64
STOCK = 1_000_000
TRIES = 10  # on a machine that does much else
SIDE_BY_SIDE = 8  # requests while the market is made
TOKEN_AGE = 240.0  # seconds after which tokens are made anew; they last ten minutes

T, R = TypeVar("T"), TypeVar("R")

FILL = """
    INSERT INTO cart_lines (buyer_id, variant_id, quantity, price_version) VALUES %s
        ON CONFLICT (buyer_id, variant_id) DO NOTHING
"""


@dataclass
class Someone:
    """An account, and what it was given to come back with."""

    user_id: str
    token: str
    refresh_token: str


@dataclass(frozen=True)
class Product:
    """What can be bought, with its one variant."""

    product_id: str
    variant_id: str
    shop_id: str


@dataclass
class Market:
    """Sellers with a shop each, their products, and buyers."""

    platform: Platform
    sellers: list[Someone] = field(default_factory=list)
    shops: list[str] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    buyers: list[Someone] = field(default_factory=list)
    renewed: float = 0.0
    _filling: "psycopg2.extensions.connection | None" = None

    @classmethod
    def open(cls, platform: Platform) -> "Market":
        """Makes everybody and everything."""
        made = cls(platform, renewed=time.monotonic())
        asyncio.run(made._open())
        platform.settle()
        return made

    def renew(self) -> None:
        """Gives everybody a fresh token when the old ones have served a while."""
        if time.monotonic() - self.renewed < TOKEN_AGE:
            return
        asyncio.run(_together(self._renew, [*self.sellers, *self.buyers]))
        self.renewed = time.monotonic()

    def sold(self, products: Sequence[Product]) -> int:
        """Pieces of these that are held or shipped, as catalog's book says."""
        query = "SELECT coalesce(sum(reserved), 0) FROM stock WHERE variant_id = ANY(%s::uuid[])"
        return int(self.platform.rows("catalog", query, [one.variant_id for one in products])[0][0])

    def add_product(self, stock: int) -> Product:
        """One more product of the first seller."""
        return asyncio.run(self._one_more(stock))

    def fill_carts(self, lines: Iterable[tuple[int, Product]]) -> None:
        """Puts products into buyers' carts as PUT would, in one statement, whatever many."""
        values = [(self.buyers[buyer].user_id, product.variant_id, 1, 1) for buyer, product in lines]
        connection = self._connection()
        with connection, connection.cursor() as cursor:
            execute_values(cursor, FILL, values, page_size=1000)

    def hang_up(self) -> None:
        """Before PostgreSQL is stopped."""
        if self._filling is not None:
            self._filling.close()

    def _connection(self) -> "psycopg2.extensions.connection":
        """One for all fillings: opening one costs more than filling a cart."""
        if self._filling is None or self._filling.closed:
            self._filling = psycopg2.connect(self.platform.values["postgres.orders"])
        return self._filling

    def empty_carts(self) -> None:
        """Takes everything out of every cart."""
        with self.platform.database("orders") as cursor:
            cursor.execute("DELETE FROM cart_lines")

    async def _open(self) -> None:
        category = await asyncio.to_thread(simple_category, Api(self.platform.url))
        self.sellers = await _together(self._register, [f"賣家 {number}" for number in range(SELLERS)])
        self.shops = await _together(self._shop, self.sellers)
        wanted = [
            (seller, shop, category)
            for _ in range(PRODUCTS_EACH)
            for seller, shop in zip(self.sellers, self.shops, strict=True)
        ]
        self.products = await _together(self._product, wanted)
        self.buyers = await _together(self._register, [f"買家 {number}" for number in range(BUYERS)])

    async def _one_more(self, stock: int) -> Product:
        category = await asyncio.to_thread(simple_category, Api(self.platform.url))
        return await self._product((self.sellers[0], self.shops[0], category), stock)

    async def _register(self, name: str) -> Someone:
        answer = await self._ask(
            None,
            "POST",
            "/v1/auth/register",
            lambda: {"email": f"{secrets.token_hex(8)}@example.com", "password": PASSWORD, "name": name},
        )
        return Someone(answer["user"]["user_id"], answer["access_token"], answer["refresh_token"])

    async def _renew(self, one: Someone) -> None:
        answer = await self._ask(None, "POST", "/v1/auth/refresh", {"refresh_token": one.refresh_token})
        one.token, one.refresh_token = answer["access_token"], answer["refresh_token"]

    async def _shop(self, seller: Someone) -> str:
        about = {"kind": "person", "display_name": "賣家", "phone": "0922333444"}
        await self._ask(seller, "POST", "/v1/seller", about)
        shop = await self._ask(
            seller, "POST", "/v1/shops", {"name": "量測小舖", "kind": "生活百貨", "address": ADDRESS}
        )
        return str(shop["shop_id"])

    async def _product(self, wanted: tuple[Someone, str, str], stock: int = STOCK) -> Product:
        seller, shop, category = wanted
        body = {"name": "量測商品", "desc": "量測用，現貨供應。", "price": 100, "category": category}
        product = await self._ask(seller, "POST", f"/v1/shops/{shop}/products", body)
        product_id, variant_id = product["product_id"], product["variants"][0]["product_variant_id"]
        await self._ask(seller, "PUT", f"/v1/variants/{variant_id}/stock", {"quantity": stock})
        await self._ask(seller, "POST", f"/v1/products/{product_id}/list", {})
        return Product(product_id, variant_id, shop)

    async def _ask(self, who: Someone | None, method: str, path: str, body: Any) -> Any:
        """The parsed answer. What is too busy is asked again; a body that must be new each time is a function."""
        client = Client(self.platform.url, who.token if who else None)
        try:
            for attempt in range(TRIES):
                content = body() if callable(body) else body
                answer = await client.send(method, path, msgspec.json.encode(content))
                if answer.status != 503 or attempt == TRIES - 1:
                    break
                await asyncio.sleep(1)
        finally:
            client.close()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer.json()


async def _together(work: Callable[[T], Awaitable[R]], items: Sequence[T]) -> list[R]:
    """The work for each, some side by side, answers in order."""
    turn = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(item: T) -> R:
        async with turn:
            return await work(item)

    return list(await asyncio.gather(*(one(item) for item in items)))


def checkout_bytes(shop_id: str) -> bytes:
    """The body of a checkout of one shop, cash on delivery."""
    return msgspec.json.encode(checkout_body(shop_id))
