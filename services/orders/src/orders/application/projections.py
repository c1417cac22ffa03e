"""Copies of what catalog and media say, kept within the transaction of their events."""

from collections.abc import Sequence

from orders.application.ports import UnitOfWork
from orders.domain.offer import CoverPhoto, ProductCopy, Shop, StockHint

Heard = ProductCopy | StockHint | Shop | CoverPhoto


def keep(heard: Sequence[Heard], unit: UnitOfWork) -> None:
    """Keeps what is newer than the copy. The order in which it was heard does not matter."""
    if shops := [one for one in heard if isinstance(one, Shop)]:
        unit.copies.put_shops(shops)
    if products := [one for one in heard if isinstance(one, ProductCopy)]:
        unit.copies.put_products(products)
    if hints := [one for one in heard if isinstance(one, StockHint)]:
        unit.copies.put_stock(hints)
    if photos := [one for one in heard if isinstance(one, CoverPhoto)]:
        unit.copies.put_photos(photos)
