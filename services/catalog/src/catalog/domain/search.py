"""How products are found by their words, in any script: by pairs of neighbouring characters.

Chinese has no blanks between words, and most searches have two characters: too short for trigrams. So a text is known
by all its bigrams and single characters, and a word is searched by its bigrams, then compared as a whole.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from catalog.domain.money import HIGHEST
from catalog.domain.text import whole
from chassis.errors import Invalid

LONGEST_QUERY = 60
MOST_WORDS = 8


def normalised(text: str) -> str:
    """Full width and compatibility forms folded, lower case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def terms(text: str) -> list[str]:
    """Single characters and bigrams of a text, without those that hold a blank; sorted, each once."""
    found: set[str] = set()
    for word in normalised(text).split():
        found.update(word)
        found.update(word[at : at + 2] for at in range(len(word) - 1))
    return sorted(found)


def words(query: str) -> list[str]:
    """The words of a query, at most eight. Control characters and broken surrogates part words."""
    readable = "".join(" " if unicodedata.category(one) in {"Cc", "Cs"} else one for one in query[:LONGEST_QUERY])
    return normalised(readable).split()[:MOST_WORDS]


def wanted(word: str) -> list[str]:
    """What a text's terms must contain to hold this word: its bigrams, or itself when it is one character."""
    return [word] if len(word) == 1 else sorted({word[at : at + 2] for at in range(len(word) - 1)})


class Sort(StrEnum):
    """How what was found is ordered."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    PRICE_ASC = "price_asc"
    PRICE_DESC = "price_desc"
    SALES = "sales"


@dataclass(frozen=True)
class Query:
    """What somebody looks for. `categories` are leaves; prices are what a buyer pays for the cheapest variant.

    Raises Invalid.
    """

    words: tuple[str, ...] = ()
    categories: tuple[str, ...] | None = None
    shop_id: UUID | None = None
    min_price: int | None = None
    max_price: int | None = None
    condition: str | None = None
    sort: Sort = Sort.NEWEST

    def __post_init__(self) -> None:
        for field, value in (("min_price", self.min_price), ("max_price", self.max_price)):
            if value is not None:
                whole(value, field, 0, HIGHEST)
        if self.min_price is not None and self.max_price is not None and self.min_price > self.max_price:
            raise Invalid("min_price is above max_price", field="min_price")

    @property
    def phrase(self) -> str:
        """The words as one text."""
        return " ".join(self.words)


def sorting(asked: str | None, found_words: bool) -> Sort:
    """The order that was asked for; without one, the best first for words and the newest for none. Raises Invalid."""
    if asked is None:
        return Sort.RELEVANCE if found_words else Sort.NEWEST
    try:
        wanted = Sort(asked)
    except ValueError:
        raise Invalid(f"sort is one of {', '.join(Sort)}", field="sort") from None
    return Sort.NEWEST if wanted is Sort.RELEVANCE and not found_words else wanted


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the last product, and the number it was ordered by."""

    product_id: UUID
    key: int = 0

    def text(self, sort: Sort) -> str:
        """As clients carry it; it is good for one order only."""
        return str(self.product_id) if sort is Sort.NEWEST else f"{sort}.{self.key}.{self.product_id}"


def cursor(text: str | None, sort: Sort) -> Cursor | None:
    """What a client sent back. Raises Invalid."""
    if not text:
        return None
    try:
        if sort is Sort.NEWEST:
            return Cursor(UUID(text))
        kind, key, product_id = text.split(".")
        if kind == sort and key.isascii() and key.isdigit() and len(key) < 10:
            return Cursor(UUID(product_id), int(key))
    except ValueError:
        pass
    raise Invalid("the cursor is not one of this order", field="cursor")
