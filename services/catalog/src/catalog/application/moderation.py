"""What operators watch over: the products they took off the market."""

from catalog.application import views
from catalog.application.ports import Reader
from catalog.application.views import View
from catalog.domain.blocked import Place


class ModerationDesk:
    """Use cases of operators that change nothing. Blocking and unblocking are moves of a product: `listing`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def blocked(self, after: Place | None, limit: int) -> View:
        """One page of blocked products, the latest block first: why, since when and by whom."""
        found = self._reader.blocked(after, limit + 1)
        page = found[:limit]
        return {
            "items": [views.blocked_product(one) for one in page],
            "next_cursor": page[-1].place.text() if len(found) > limit else None,
        }
