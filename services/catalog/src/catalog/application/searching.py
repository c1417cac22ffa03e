"""Browsing and searching the market."""

from dataclasses import dataclass
from uuid import UUID

from catalog.application import views
from catalog.application.ports import Categories, Reader
from catalog.application.views import View
from catalog.domain import search
from catalog.domain.search import Cursor, Query


@dataclass(frozen=True)
class Search:
    """What was asked for, as it was written. A category stands for everything below it."""

    q: str | None = None
    category: str | None = None
    shop_id: UUID | None = None
    min_price: int | None = None
    max_price: int | None = None
    condition: str | None = None
    sort: str | None = None
    cursor: str | None = None
    limit: int = 20


class SearchDesk:
    """The use case of looking for products."""

    def __init__(self, reader: Reader, categories: Categories) -> None:
        self._reader = reader
        self._categories = categories

    def find(self, asked: Search) -> View:
        """A page of public products that hold every word of `q`; an unknown category holds none. Raises Invalid.

        The first page tells how many there are, about: exactly when they fit on it, else as the database guesses.
        """
        tree = self._categories()
        words = tuple(search.words(asked.q)) if asked.q else ()
        sort = search.sorting(asked.sort, bool(words))
        after = search.cursor(asked.cursor, sort)
        categories = tuple(tree.leaves_below(asked.category)) if asked.category else None
        query = Query(words, categories, asked.shop_id, asked.min_price, asked.max_price, asked.condition, sort)
        if categories == ():
            return {"items": [], "next_cursor": None, "estimated_total": 0}
        hits = self._reader.search(query, after, asked.limit + 1)
        page, more = hits[: asked.limit], len(hits) > asked.limit
        view: View = {
            "items": [views.product(hit.product, tree, inside=False) for hit in page],
            "next_cursor": Cursor(page[-1].product.id, page[-1].key).text(sort) if more else None,
        }
        if after is None:
            view["estimated_total"] = max(self._reader.about(query), len(hits)) if more else len(page)
        return view
