"""The copies of products, stock, shops and cover photos. A batch of any size is one statement."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

from chassis.postgres import TransactionCursor, array
from chassis.postgres.prepared import Prepared
from orders.adapters.json_rows import rows
from orders.domain.offer import CoverPhoto, Offer, ProductCopy, Shop, StockHint

T = TypeVar("T")

OFFER_ROW = """
    variant_id uuid, product_id uuid, product_version integer, shop_id uuid, seller_id uuid, name text, options jsonb,
    price bigint, discount bigint, price_version integer, tiers jsonb, refund_rule jsonb, listed boolean,
    min_quantity integer, methods text[]
"""
OFFER_FIELDS = """
    variant_id, product_id, product_version, shop_id, seller_id, name, options, price, discount, price_version, tiers,
    refund_rule, listed, min_quantity, methods
"""
NEWER_OFFER = """
    ON CONFLICT (variant_id) DO UPDATE
   SET product_id = excluded.product_id, product_version = excluded.product_version, shop_id = excluded.shop_id,
       seller_id = excluded.seller_id, name = excluded.name, options = excluded.options, price = excluded.price,
       discount = excluded.discount, price_version = excluded.price_version, tiers = excluded.tiers,
       refund_rule = excluded.refund_rule, listed = excluded.listed, min_quantity = excluded.min_quantity,
       methods = excluded.methods
 WHERE excluded.product_version >= known.product_version
"""
# Rows are written in the order of their ids, so that two batches wait for each other. A product's variants are locked
# before: those that are gone are written last, whatever their ids.
LOCK_OFFERS = """
    SELECT 1 FROM offers WHERE product_id = ANY(%s::uuid[]) ORDER BY variant_id FOR NO KEY UPDATE
"""
PUT_PRODUCTS = f"""
    WITH kept AS (
        INSERT INTO products AS known (product_id, version)
        SELECT * FROM json_to_recordset(%(products)s::json) AS new (product_id uuid, version integer)
         ORDER BY product_id
            ON CONFLICT (product_id) DO UPDATE SET version = excluded.version WHERE excluded.version > known.version
        RETURNING product_id, version
    ), put AS (
        INSERT INTO offers AS known ({OFFER_FIELDS})
        SELECT {OFFER_FIELDS} FROM json_to_recordset(%(offers)s::json) AS new ({OFFER_ROW}) JOIN kept USING (product_id)
         ORDER BY variant_id
        {NEWER_OFFER}
    )
    UPDATE offers SET listed = false, product_version = kept.version
      FROM kept
     WHERE offers.product_id = kept.product_id AND offers.product_version < kept.version
       AND offers.variant_id <> ALL(%(there)s::uuid[])
"""  # noqa: S608 - constants
PUT_OFFERS = f"""
    INSERT INTO offers AS known ({OFFER_FIELDS})
    SELECT {OFFER_FIELDS} FROM json_to_recordset(%s::json) AS new ({OFFER_ROW}) ORDER BY variant_id
    {NEWER_OFFER}
"""  # noqa: S608 - constants
PUT_STOCK = Prepared(
    "put_stock",
    ("json",),
    """
    INSERT INTO stock_hints AS known (variant_id, version, available)
    SELECT * FROM json_to_recordset($1) AS new (variant_id uuid, version integer, available bigint)
     ORDER BY variant_id
        ON CONFLICT (variant_id) DO UPDATE
       SET version = excluded.version, available = excluded.available
     WHERE excluded.version > known.version
    """,
)
PUT_SHOPS = """
    WITH kept AS (
        INSERT INTO shops AS known
               (shop_id, version, owner_id, name, state, shipping, on_holiday, holiday_until, complete)
        SELECT shop_id, version, owner_id, name, state, shipping, on_holiday, holiday_until, complete
          FROM json_to_recordset(%(shops)s::json)
            AS new (shop_id uuid, version integer, owner_id uuid, name text, state text, shipping jsonb,
                    on_holiday boolean, holiday_until date, complete boolean)
         ORDER BY shop_id
            ON CONFLICT (shop_id) DO UPDATE
           SET version = excluded.version, owner_id = excluded.owner_id, name = excluded.name,
               state = excluded.state, shipping = excluded.shipping,
               on_holiday = excluded.on_holiday, holiday_until = excluded.holiday_until, complete = excluded.complete
         WHERE excluded.version > known.version
            OR (excluded.version = known.version AND excluded.complete AND NOT known.complete)
        RETURNING shop_id, complete
    ), hired AS (
        INSERT INTO shop_staff AS known (shop_id, user_id, role)
        SELECT shop_id, user_id, role
          FROM json_to_recordset(%(staff)s::json) AS new (shop_id uuid, user_id uuid, role text)
          JOIN kept USING (shop_id)
         ORDER BY shop_id, user_id
            ON CONFLICT (shop_id, user_id) DO UPDATE SET role = excluded.role
    )
    DELETE FROM shop_staff
     USING kept
     WHERE shop_staff.shop_id = kept.shop_id AND kept.complete
       AND NOT EXISTS (SELECT 1 FROM json_to_recordset(%(staff)s::json) AS new (shop_id uuid, user_id uuid)
                        WHERE new.shop_id = shop_staff.shop_id AND new.user_id = shop_staff.user_id)
"""
PUT_PHOTOS = """
    INSERT INTO cover_photos AS known (product_id, metadata_id, version, url)
    SELECT * FROM json_to_recordset(%s::json) AS new (product_id uuid, metadata_id uuid, version integer, url text)
     ORDER BY product_id
        ON CONFLICT (product_id) DO UPDATE
       SET metadata_id = excluded.metadata_id, version = excluded.version, url = excluded.url
     WHERE CASE WHEN excluded.metadata_id = known.metadata_id THEN excluded.version > known.version
                ELSE known.url IS NULL AND excluded.url IS NOT NULL END -- variants have documents of their own
"""


class PostgresCopies:
    """Rows of `products`, `offers`, `stock_hints`, `shops`, `shop_staff` and `cover_photos`."""

    def __init__(self, cursor: TransactionCursor) -> None:
        self._cursor = cursor

    def put_products(self, products: Sequence[ProductCopy]) -> None:
        """Keeps newer products whole; variants that are gone are not for sale."""
        kept = _newest(products, lambda one: one.product_id, lambda one: one.version)
        offers = [offer for product in kept for offer in product.offers]
        self._cursor.write(LOCK_OFFERS, (array([one.product_id for one in kept]),))
        self._cursor.write(
            PUT_PRODUCTS,
            {
                "products": rows({"product_id": one.product_id, "version": one.version} for one in kept),
                "offers": rows(_offer(offer) for offer in offers),
                "there": [str(offer.variant_id) for offer in offers],
            },
        )

    def put_offers(self, offers: Sequence[Offer]) -> None:
        """Keeps single offers that are not older than the copy, with their stock."""
        self._cursor.write(PUT_OFFERS, (rows(_offer(offer) for offer in offers),))
        known = [offer for offer in offers if offer.available is not None]
        self.put_stock([StockHint(one.variant_id, one.stock_version, one.available or 0) for one in known])

    def put_stock(self, hints: Sequence[StockHint]) -> None:
        """Keeps newer hints."""
        kept = _newest(hints, lambda one: one.variant_id, lambda one: one.version)
        values = [{"variant_id": one.variant_id, "version": one.version, "available": one.available} for one in kept]
        self._cursor.write(PUT_STOCK.on(self._cursor, rows(values)))

    def put_shops(self, shops: Sequence[Shop]) -> None:
        """Keeps newer shops; a complete one replaces an incomplete one of its version."""
        kept = _newest(shops, lambda one: one.id, lambda one: (one.version, one.complete))
        staff = [
            {"shop_id": shop.id, "user_id": person, "role": role.value}
            for shop in kept
            for person, role in shop.staff.items()
        ]
        self._cursor.write(PUT_SHOPS, {"shops": rows(_shop(shop) for shop in kept), "staff": rows(staff)})

    def put_photos(self, photos: Sequence[CoverPhoto]) -> None:
        """Keeps newer cover photos."""
        kept = _newest(photos, lambda one: one.product_id, lambda one: one.version)
        values = [
            {"product_id": one.product_id, "metadata_id": one.metadata_id, "version": one.version, "url": one.url}
            for one in kept
        ]
        self._cursor.write(PUT_PHOTOS, (rows(values),))


def _newest(things: Iterable[T], key: Callable[[T], Hashable], version: Callable[[T], Any]) -> list[T]:
    """The greatest version of each thing: a statement may not write a row twice."""
    newest: dict[Hashable, T] = {}
    for thing in things:
        known = newest.get(key(thing))
        if known is None or version(thing) > version(known):
            newest[key(thing)] = thing
    return list(newest.values())


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "variant_id": offer.variant_id,
        "product_id": offer.product_id,
        "product_version": offer.product_version,
        "shop_id": offer.shop_id,
        "seller_id": offer.seller_id,
        "name": offer.name,
        "options": offer.options,
        "price": offer.price,
        "discount": offer.discount,
        "price_version": offer.price_version,
        "tiers": [[tier.from_quantity, tier.percent_off] for tier in offer.tiers],
        "refund_rule": offer.refund_rule,
        "listed": offer.listed,
        "min_quantity": offer.min_quantity,
        "methods": offer.methods,
    }


def _shop(shop: Shop) -> dict[str, Any]:
    options = [{"method": one.method, "fee": one.fee, "free_from": one.free_from} for one in shop.shipping]
    return {
        "shop_id": shop.id,
        "version": shop.version,
        "owner_id": shop.owner_id,
        "name": shop.name,
        "state": shop.state,
        "shipping": options,
        "on_holiday": shop.holiday is not None,
        "holiday_until": shop.holiday.until.isoformat() if shop.holiday and shop.holiday.until else None,
        "complete": shop.complete,
    }
