"""Which shops are known to be closed. A closed shop's cards are not shown."""

from collections import OrderedDict
from dataclasses import dataclass

KEPT_FOR = 60.0  # seconds


@dataclass(slots=True)
class _Seen:
    version: int
    is_open: bool
    heard: int
    until: float


class Shops:
    """What was heard of shops in the last minute.

    A minute is enough: when a shop closes its cards leave the cache, so only a fetch that had already begun could bring
    one back, and no fetch takes that long. What is fetched later comes from catalog, which knows.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._closed: set[str] = set()

    def heard(self, shop_id: str, version: int, is_open: bool, number: int, now: float) -> bool:
        """Takes in a shop's state, which was event `number`. False when a newer one is known."""
        self._prune(now)
        known = self._seen.get(shop_id)
        if known is not None and version <= known.version:
            return False
        self._seen[shop_id] = _Seen(version, is_open, number, now + KEPT_FOR)
        self._seen.move_to_end(shop_id)
        self._closed.discard(shop_id)
        if not is_open:
            self._closed.add(shop_id)
        return True

    def closed(self, shop_id: str) -> bool:
        """Whether it is known to be closed."""
        return shop_id in self._closed

    def closed_after(self, shop_id: str, number: int) -> bool:
        """Whether it is known to be closed by an event that came after event `number`."""
        return shop_id in self._closed and self._seen[shop_id].heard > number

    def proven_open(self, shop_id: str) -> None:
        """Catalog showed a product of the shop when asked after the closing was heard: it is open again."""
        self._closed.discard(shop_id)

    def _prune(self, now: float) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            if self._seen[oldest].until > now:
                return
            del self._seen[oldest]
            self._closed.discard(oldest)
