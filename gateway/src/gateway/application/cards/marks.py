"""What is remembered of keys that are not held: versions that were seen while a key was fetched, or when it went."""

from collections import OrderedDict
from dataclasses import dataclass, field

from gateway.application.cards.ports import Document

KEPT_FOR = 60.0  # seconds
MOST_MARKS = 50_000


@dataclass(slots=True)
class Mark:
    """The newest versions seen of a product's parts. Where the part itself was seen too, it stands beside."""

    until: float
    heard: int = 0  # number of the last event about catalog's part
    catalog: int = 0
    stock: dict[str, tuple[int, int | None]] = field(default_factory=dict)  # variant: version, available
    documents: dict[str, tuple[int, Document | None]] = field(default_factory=dict)

    def saw_stock(self, variant_id: str, version: int, available: int | None) -> None:
        """Keeps the newest."""
        if version > self.stock.get(variant_id, (-1, None))[0]:
            self.stock[variant_id] = (version, available)

    def saw_document(self, metadata_id: str, version: int, document: Document | None) -> None:
        """Keeps the newest."""
        if version > self.documents.get(metadata_id, (-1, None))[0]:
            self.documents[metadata_id] = (version, document)


class Marks:
    """Marks by product, each for a minute after it was last touched."""

    def __init__(self, most: int = MOST_MARKS) -> None:
        self._most = most
        self._marks: OrderedDict[str, Mark] = OrderedDict()
        self.dropped = 0  # marks that had to go before their time

    def __len__(self) -> int:
        return len(self._marks)

    def get(self, product_id: str, now: float) -> Mark | None:
        """The mark, if its time is not over."""
        mark = self._marks.get(product_id)
        return mark if mark is not None and mark.until > now else None

    def touch(self, product_id: str, now: float) -> Mark:
        """The mark to write to, new or old, kept for another minute."""
        self._prune(now)
        mark = self._marks.get(product_id)
        if mark is None:
            mark = self._marks[product_id] = Mark(now + KEPT_FOR)
        mark.until = now + KEPT_FOR
        self._marks.move_to_end(product_id)
        return mark

    def forget(self, product_id: str) -> None:
        """The key is held again, with everything the mark knew."""
        self._marks.pop(product_id, None)

    def _prune(self, now: float) -> None:
        while self._marks:
            oldest = next(iter(self._marks))
            if self._marks[oldest].until > now:
                if len(self._marks) < self._most:
                    return
                self.dropped += 1
            del self._marks[oldest]
