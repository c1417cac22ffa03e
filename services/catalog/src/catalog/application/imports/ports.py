"""What imports need from outside, beside the ports of all use cases."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from catalog.application.ports import UnitOfWork
from catalog.domain.import_problems import Problem
from catalog.domain.imports import Import, Upload
from catalog.domain.product import Product
from catalog.domain.sheet_rows import SheetRow
from catalog.domain.stock import LedgerEntry, StockLevel


@dataclass(frozen=True)
class StoredProblem:
    """A problem as it is kept: with a number that pages go by, and its sentences."""

    number: int
    row: int
    column: str | None
    code: str
    severity: str
    zh: str
    en: str


@dataclass(frozen=True)
class ExpectedPhoto:
    """A photograph that media is asked to fetch, and where in the sheet it is named."""

    photo_id: UUID
    product_id: UUID
    row: int
    column: str


@dataclass(frozen=True)
class SettledPhoto:
    """A photo that is stored, or refused with a code."""

    photo_id: UUID
    code: str | None


class Imports(Protocol):
    """Imports, and what is wrong with them."""

    def add(self, wanted: Import) -> bool:
        """False when its id, or its key, is there already."""

    def get(self, import_id: UUID) -> Import | None:
        """One import."""

    def by_key(self, shop_id: UUID, by: UUID, key: str) -> Import | None:
        """The one this user sent under this key."""

    def unfinished(self, shop_id: UUID) -> int:
        """How many of a shop's are not over."""

    def of_shop(self, shop_id: UUID, before: UUID | None, limit: int) -> list[Import]:
        """A shop's, newest first; one more than `limit` when there are more."""

    def take_unread(self, seconds: float) -> Import | None:
        """The next that waits to be read, nobody else's for so many seconds. Within a shop one after the other."""

    def give_back(self, import_id: UUID) -> None:
        """Lets somebody else read it at once."""

    def lock(self, import_id: UUID) -> Import | None:
        """One import, held until the transaction ends."""

    def lock_next(self) -> Import | None:
        """The next that is read and not over, held until the transaction ends. What others hold is passed over."""

    def save(self, changed: Import) -> None:
        """Writes one that is held."""

    def failed(self, import_id: UUID) -> int:
        """Counts a try that ended by surprise; answers how many there were."""

    def wish_cancelled(self, import_id: UUID, by: UUID) -> None:
        """Somebody wants it to end. Never waits for whoever works on it."""

    def cancelling(self, import_id: UUID) -> bool:
        """Whether somebody does."""

    def note(self, import_id: UUID, problems: Sequence[Problem]) -> None:
        """Keeps problems."""

    def problems(self, import_id: UUID, after: int, limit: int) -> list[StoredProblem]:
        """In the order they were found; one more than `limit` when there are more."""

    def expect_photos(self, import_id: UUID, photos: Sequence[ExpectedPhoto]) -> None:
        """Keeps whose photographs these will be."""

    def settle_photos(self, news: Sequence[SettledPhoto]) -> None:
        """Photographs came, or did not for a reason; that is noted as a warning. Others than expected are nothing."""


class Staging(Protocol):
    """The rows of a sheet while it is imported."""

    def fill(self, import_id: UUID, rows: Iterable[tuple[int, SheetRow]]) -> None:
        """Keeps rows with the number of their product."""

    def products(self, import_id: UUID, first: int, most: int) -> list[list[SheetRow]]:
        """The rows of so many products from this one on."""

    def drop(self, import_id: UUID) -> None:
        """Forgets them."""


@dataclass(frozen=True)
class NewStock:
    """The level a new variant begins with."""

    level: StockLevel
    by: UUID


class ManyProducts(Protocol):
    """Products by the hundred, a few statements for all of them."""

    def find(self, shop_id: UUID, ids: Sequence[UUID], parent_skus: Sequence[str], *, lock: bool) -> list[Product]:
        """A shop's products with every variant; locked in the order of their ids."""

    def lock_named(self, import_id: UUID, shop_id: UUID) -> None:
        """Holds every product that a staged sheet names, in the order of the ids."""

    def add(self, products: Sequence[Product]) -> None:
        """New products."""

    def write(self, products: Sequence[Product]) -> None:
        """Held products that changed."""

    def open_stock(self, begun: Sequence[NewStock]) -> None:
        """New variants begin with these levels."""

    def write_stock(self, changed: Sequence[tuple[StockLevel, LedgerEntry]]) -> None:
        """Held levels and why they changed."""


class ImportUnit(UnitOfWork, Protocol):
    """One open transaction with an import in it."""

    imports: Imports
    staging: Staging
    many: ManyProducts

    def flush(self) -> None:
        """Writes the events so far, so that they do not gather in memory."""


ImportUnits = Callable[[], AbstractContextManager[ImportUnit]]


@dataclass(frozen=True)
class SheetSeen:
    """A sheet that is being read: (number, cells, positions of formulas) of every row that holds something."""

    format: str
    encoding: str
    rows: Iterator[tuple[int, list[str], tuple[int, ...]]]


class Source(Protocol):
    """Where uploads lie."""

    def open(self, upload: Upload) -> AbstractContextManager[SheetSeen]:
        """The sheet. Raises FileProblem for what is none, Unavailable while the store is away."""
