"""An import of a sheet: one table of states, and how far it has come."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from catalog.domain.errors import IllegalTransition

MOST_ROWS = 20_000
LARGEST_FILE = 20 * 1024 * 1024  # bytes
MOST_WAITING = 10  # imports of one shop that are not over


class Mode(StrEnum):
    """Whether one bad row stops everything."""

    ALL_OR_NOTHING = "all_or_nothing"
    SKIP_BAD = "skip_bad"


class ImportState(StrEnum):
    """How an import stands. `refused` changed nothing; `cancelled` keeps what was applied until then."""

    WAITING = "waiting"
    CHECKING = "checking"
    APPLYING = "applying"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"


ALLOWED: dict[ImportState, frozenset[ImportState]] = {
    ImportState.WAITING: frozenset(
        {ImportState.CHECKING, ImportState.APPLYING, ImportState.REFUSED, ImportState.CANCELLED}
    ),
    ImportState.CHECKING: frozenset(
        {ImportState.APPLYING, ImportState.DONE, ImportState.REFUSED, ImportState.CANCELLED}
    ),
    ImportState.APPLYING: frozenset({ImportState.DONE, ImportState.REFUSED, ImportState.CANCELLED}),
    ImportState.DONE: frozenset(),
    ImportState.REFUSED: frozenset(),
    ImportState.CANCELLED: frozenset(),
}
OVER = frozenset(state for state, further in ALLOWED.items() if not further)


@dataclass(frozen=True)
class Upload:
    """Where the file lies and what it is: its SHA-256 in hex and its length in bytes."""

    address: str
    sha256: str
    size: int
    name: str


@dataclass(frozen=True)
class Tally:
    """What was counted so far. Rows belong to products; a product with one bad row fails as a whole."""

    rows_valid: int = 0
    rows_failed: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    problems: int = 0
    photos: int = 0

    def plus(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__})


@dataclass(eq=False)
class Import:
    """One import. `next_product` is the first product of the sheet, counted from 0, that was not worked on yet."""

    id: UUID
    shop_id: UUID
    by: UUID
    mode: Mode
    dry_run: bool
    upload: Upload
    created_at: datetime
    key: str | None = None
    state: ImportState = ImportState.WAITING
    code: str | None = None
    format: str | None = None
    encoding: str | None = None
    rows_read: int = 0
    products: int = 0
    next_product: int = 0
    tally: Tally = field(default_factory=Tally)
    photos_stored: int = 0
    photos_refused: int = 0
    cancelling: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen, but for photographs."""
        return self.state in OVER

    @property
    def progress(self) -> float:
        """From 0 to 1. What is applied as a whole stands at 0 until it is."""
        if self.over:
            return 1.0
        return round(self.next_product / self.products, 3) if self.products else 0.0

    def staged(self, format_: str, encoding: str, rows: int, products: int) -> None:
        """The file was read; its rows are at hand."""
        self.format, self.encoding, self.rows_read, self.products = format_, encoding, rows, products
        self._move(ImportState.CHECKING if self.dry_run else ImportState.APPLYING)

    def begin_whole(self) -> None:
        """From the first product: what is applied as a whole has left nothing, however often it was tried."""
        self.next_product, self.tally = 0, Tally(problems=self.tally.problems)
        if self.state is ImportState.CHECKING:  # as an earlier release left it
            self._move(ImportState.APPLYING)

    def count(self, tally: Tally, products: int) -> None:
        """So many products more were worked on, with this outcome."""
        self.tally = self.tally.plus(tally)
        self.next_product += products

    def finish(self, at: datetime) -> None:
        """Every product was worked on."""
        self._end(ImportState.DONE, at)

    def undone(self, at: datetime) -> None:
        """Bad rows have undone the whole; what was found wrong with it stays counted."""
        self.tally = replace(self.tally, created=0, updated=0, unchanged=0)
        self.refuse("rows_refused", at)

    def refuse(self, code: str, at: datetime) -> None:
        """It ends without having changed what it would have to change as a whole."""
        self.code = code
        self._end(ImportState.REFUSED, at)

    def cancel(self, at: datetime) -> None:
        """It ends as it stands."""
        self._end(ImportState.CANCELLED, at)

    def _end(self, state: ImportState, at: datetime) -> None:
        self._move(state)
        self.ended_at = at

    def _move(self, state: ImportState) -> None:
        if state not in ALLOWED[self.state]:
            raise IllegalTransition(f"an import that is {self.state} cannot become {state}", state=self.state.value)
        self.state = state
