"""`make seed`: a believable market of 20 shops and 1,000 products, made of sheets through the public API."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from yeshi_local.machine import Machine
from yeshi_local.story.api import Api
from yeshi_local.story.goods import SHOPS, Goods, offers
from yeshi_local.story.people import Seller, leaves
from yeshi_local.story.photos import PICTURES, photo
from yeshi_local.story.sheet import bring_in, sheet

PRODUCTS = 1000
SIDE_BY_SIDE = 4  # shops that are filled at once
SEED = 20261124


def fill(here: Machine, products: int = PRODUCTS, shops: int = len(SHOPS)) -> int:
    """Opens the shops and lists the products. Answers the exit status. Running it again adds another market."""
    started = time.monotonic()
    categories = leaves(Api(here.public_url))
    pictures = {name: photo(here.run, name, 1000) for name in PICTURES}
    share = [products // shops + (1 if number < products % shops else 0) for number in range(shops)]

    def one(number: int) -> int:
        chance = random.Random(SEED + number)
        goods = offers(SHOPS[number], categories, chance)
        return _fill_shop(here.public_url, number, share[number], goods, pictures)

    made = 0
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for number, count in enumerate(pool.map(one, range(shops))):
            made += count
            print(f"  {SHOPS[number].name}：{count} 件商品  ({made}/{products})", flush=True)
    print(f"\n{shops} 個賣場，{made} 件商品，{time.monotonic() - started:.0f} s  {here.public_url}/v1/products")
    return 0


def _fill_shop(url: str, number: int, count: int, goods: Iterator[Goods], pictures: dict[str, bytes]) -> int:
    """One sheet makes all products of a shop; its photographs go up one by one, as from a phone."""
    shop = SHOPS[number]
    seller = Seller(url, shop.owner, shop.name, kind=shop.kind)
    bring_in(seller, sheet([next(goods) for _ in range(count)]))
    made = seller.api.get(f"/v1/shops/{seller.shop_id}/products", limit=min(count, len(shop.pictures)))["items"]
    for product, name in zip(made, shop.pictures, strict=False):
        seller.add_photo(product["product_id"], pictures[name])
    return count
