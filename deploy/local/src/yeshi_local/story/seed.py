"""`make seed`: a believable market of 20 shops and 1,000 products, made of sheets through the public API."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from yeshi_local.machine import Machine
from yeshi_local.story.api import Api
from yeshi_local.story.goods import SHOPS, Goods, Shop, offers
from yeshi_local.story.people import Json, Seller, leaves
from yeshi_local.story.photos import PICTURES, photo
from yeshi_local.story.sheet import bring_in, sheet

PRODUCTS = 1000
SIDE_BY_SIDE = 4  # shops that are filled at once
SEED = 20261124


def fill(here: Machine, products: int = PRODUCTS, shops: int = len(SHOPS)) -> int:
    """Opens the shops and lists the products. Answers the exit status. Running it again adds another market.

    Raises ApiError, NoPhotos, NotImported.
    """
    started = time.monotonic()
    goods = market(leaves(Api(here.public_url)), products, shops)
    pictures = {name: photo(here.run, name, 1000) for name in PICTURES}
    made = 0
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        filling = pool.map(lambda one: _fill_shop(here.public_url, one[0], one[1], pictures), goods)
        for (shop, _), count in zip(goods, filling, strict=True):
            made += count
            print(f"  {shop.name}：{count} 件商品  ({made}/{products})", flush=True)
    print(f"\n{shops} 個賣場，{made} 件商品，{time.monotonic() - started:.0f} s  {here.public_url}/v1/products")
    return 0


def market(
    categories: Sequence[Json], products: int = PRODUCTS, shops: int = len(SHOPS)
) -> list[tuple[Shop, list[Goods]]]:
    """The first so many shops with what each sells; the same every time. `categories` are those of the platform."""
    counts = [products // shops + (1 if number < products % shops else 0) for number in range(shops)]
    return [
        (shop, list(islice(offers(shop, categories, random.Random(SEED + number)), count)))
        for number, (shop, count) in enumerate(zip(SHOPS, counts, strict=False))
    ]


def _fill_shop(url: str, shop: Shop, goods: Sequence[Goods], pictures: dict[str, bytes]) -> int:
    """One sheet makes all products of a shop; its photographs go up one by one, as from a phone."""
    seller = Seller(url, shop.owner, shop.name, kind=shop.kind)
    bring_in(seller, sheet(goods))
    made = seller.api.get(f"/v1/shops/{seller.shop_id}/products", limit=min(len(goods), len(shop.pictures)))["items"]
    for product, name in zip(made, shop.pictures, strict=False):
        seller.add_photo(product["product_id"], pictures[name])
    return len(goods)
