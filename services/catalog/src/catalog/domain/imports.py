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
        """From 0 to 1. Of an import that is checked before it is applied, each is one half."""
        if self.over:
            return 1.0
        done = self.next_product / self.products if self.products else 0.0
        if self.dry_run or self.mode is Mode.SKIP_BAD:
            return round(done, 3)
        return round(done / 2 + (0.5 if self.state is ImportState.APPLYING else 0.0), 3)

    def staged(self, format_: str, encoding: str, rows: int, products: int) -> None:
        """The file was read; its rows are at hand."""
        self.format, self.encoding, self.rows_read, self.products = format_, encoding, rows, products
        checked = self.dry_run or self.mode is Mode.ALL_OR_NOTHING
        self._move(ImportState.CHECKING if checked else ImportState.APPLYING)

    def count(self, tally: Tally, products: int) -> None:
        """So many products more were worked on, with this outcome."""
        self.tally = self.tally.plus(tally)
        self.next_product += products

    def checked(self, at: datetime) -> None:
        """Every product was looked at: a rehearsal is over, bad rows end it, good ones are applied from the start."""
        if self.dry_run:
            self._end(ImportState.DONE, at)
        elif self.tally.failed:
            self.tally = replace(self.tally, created=0, updated=0, unchanged=0)
            self.refuse("rows_refused", at)
        else:
            self.next_product = 0
            self.tally = replace(Tally(), problems=self.tally.problems)
            self._move(ImportState.APPLYING)

    def apply_done(self, at: datetime) -> None:
        """Every product was applied."""
        self._end(ImportState.DONE, at)

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
