"""Imports, piece by piece, by any number of processes: whoever holds the row of an import works on it.

A process that is killed leaves a transaction that never was, so the next one goes on where the last commit ended.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from catalog.application.imports.applying import Counted, Piece, PieceWork, set_counted
from catalog.application.imports.ports import ImportUnit, ImportUnits, Source
from catalog.application.imports.reading import SheetReader
from catalog.application.ports import Categories as Tree
from catalog.application.ports import Clock
from catalog.domain.import_problems import FileProblem, Problem
from catalog.domain.imports import Import, ImportState, Mode, Tally
from catalog.domain.sheet_categories import Categories
from catalog.domain.shop import Shop
from chassis.errors import Unavailable
from kernel.rights import Right, may

log = logging.getLogger(__name__)

PIECE = 500  # products of one transaction
READ_WITHIN = 30.0  # seconds; then somebody else reads it too, and one of the two is first
MOST_FAILURES = 5  # surprises an import may cause before it is given up
MOST_PROBLEMS = 10_000  # that are kept of one import


class Halted(Exception):
    """What was begun as a whole is not to be finished: `problems` say why, or somebody called it off."""

    def __init__(self, problems: list[Problem] | None = None) -> None:
        super().__init__("halted")
        self.problems = problems


class ImportWork:
    """One step reads a file, or works on one piece. Any number of workers may run."""

    def __init__(
        self,
        units: ImportUnits,
        source: Source,
        tree: Tree,
        clock: Clock,
        new_id: Callable[[], UUID],
        piece: int = PIECE,
    ) -> None:
        self._units = units
        self._source = source
        self._tree = tree
        self._clock = clock
        self._new_id = new_id
        self._piece = piece
        self.settled: Callable[[str], None] = lambda state: None

    def step(self) -> bool:
        """Whether there was something to do. Raises Unavailable: it is done later."""
        return self._read_next() or self._work_next()

    def _read_next(self) -> bool:
        with self._units() as unit:
            found = unit.imports.take_unread(READ_WITHIN)
        if found is None:
            return False
        try:
            self._read(found)
        except FileProblem as error:
            self._refuse_file(found.id, error.code)
        except Unavailable:
            with suppress(Unavailable), self._units() as unit:
                unit.imports.give_back(found.id)
            raise
        except Exception:
            self._count_failure(found.id)
            raise
        return True

    def _read(self, found: Import) -> None:
        """Rows go in as they come; nothing of them stays when the file turns out to be bad."""
        with self._source.open(found.upload) as sheet, self._units() as unit:
            held = unit.imports.lock(found.id)
            if held is None or held.state is not ImportState.WAITING:
                return  # somebody else was first
            if unit.imports.cancelling(held.id):
                held.cancel(self._clock())
            else:
                reader = SheetReader(sheet)
                unit.staging.fill(held.id, reader.rows())
                held.staged(sheet.format, sheet.encoding, reader.read, reader.products)
                held.tally = held.tally.plus(Tally(problems=len(reader.problems)))
                unit.imports.note(held.id, reader.problems)
            unit.imports.save(held)
        self._tell(held)

    def _refuse_file(self, import_id: UUID, code: str) -> None:
        with self._units() as unit:
            held = unit.imports.lock(import_id)
            if held is not None and held.state is ImportState.WAITING:
                held.refuse(code, self._clock())
                unit.imports.save(held)
                self._tell(held)

    def _work_next(self) -> bool:
        held: Import | None = None
        try:
            with self._units() as unit:
                held = unit.imports.lock_next()
                if held is None:
                    return False
                self._work(unit, held)
                unit.imports.save(held)
        except Halted as halted:
            assert held is not None
            self._undo(held.id, halted)
        except Unavailable:
            raise
        except Exception:
            if held is not None:
                self._count_failure(held.id)
            raise
        else:
            self._tell(held)
        return True

    def _work(self, unit: ImportUnit, held: Import) -> None:
        now = self._clock()
        shop = unit.shops.get(held.shop_id)
        if unit.imports.cancelling(held.id):
            held.cancel(now)
        elif shop is None:
            held.refuse("shop_gone", now)
        elif not may(shop.staff.get(held.by), Right.IMPORT):
            held.refuse("role_required", now)
        elif held.dry_run or held.mode is Mode.SKIP_BAD:
            self._next_piece(unit, held, shop, now, write=not held.dry_run)
            if held.next_product >= held.products:
                held.finish(self._clock())
        else:
            self._apply_whole(unit, held, shop, now)
        if held.over:
            unit.staging.drop(held.id)

    def _apply_whole(self, unit: ImportUnit, held: Import, shop: Shop, now: datetime) -> None:
        """Everything in one transaction, of which nothing stays when one product is bad."""
        held.begin_whole()
        unit.many.lock_named(held.id, held.shop_id)
        counted: dict[UUID, Counted] = {}
        while held.next_product < held.products:
            if unit.imports.cancelling(held.id):
                raise Halted
            piece = self._next_piece(unit, held, shop, now, write=True, counted=counted)
            errors = [one for one in piece.problems if one.severity == "error"]
            if errors:
                raise Halted(errors)
        if problems := set_counted(unit, held.by, counted):
            raise Halted(problems)
        held.finish(self._clock())

    def _next_piece(
        self,
        unit: ImportUnit,
        held: Import,
        shop: Shop,
        now: datetime,
        *,
        write: bool,
        counted: dict[UUID, Counted] | None = None,
    ) -> Piece:
        groups = unit.staging.products(held.id, held.next_product, self._piece)
        categories = Categories(self._tree())
        work = PieceWork(unit, held, shop, categories, self._new_id, now, write=write, counted=counted)
        piece = work.work(groups)
        self._note(unit, held, piece.problems)
        held.count(piece.tally, max(1, len(groups)))
        return piece

    def _note(self, unit: ImportUnit, held: Import, problems: list[Problem]) -> None:
        if kept := problems[: max(0, MOST_PROBLEMS - held.tally.problems)]:
            unit.imports.note(held.id, kept)

    def _undo(self, import_id: UUID, halted: Halted) -> None:
        """After the whole was rolled back: what is left of it is why. So the rest is looked at too, without a lock."""
        with self._units() as unit:
            held = unit.imports.lock(import_id)
            if held is None or held.over:
                return
            held.begin_whole()
            shop = unit.shops.get(held.shop_id)
            while halted.problems and shop is not None and held.next_product < held.products:
                self._next_piece(unit, held, shop, self._clock(), write=False)
            if not halted.problems:
                held.cancel(self._clock())
            else:
                if not held.tally.failed:  # it can only be seen while it is written
                    self._note(unit, held, halted.problems)
                    held.tally = held.tally.plus(Tally(problems=len(halted.problems)))
                held.undone(self._clock())
            unit.staging.drop(held.id)
            unit.imports.save(held)
        self._tell(held)

    def _count_failure(self, import_id: UUID) -> None:
        """An import that fails by surprise again and again is given up, so that the shop's next one has its turn."""
        with suppress(Unavailable), self._units() as unit:
            if unit.imports.failed(import_id) < MOST_FAILURES:
                return
            held = unit.imports.lock(import_id)
            if held is not None and not held.over:
                held.refuse("internal", self._clock())
                unit.staging.drop(held.id)
                unit.imports.save(held)

    def _tell(self, held: Import) -> None:
        if held.over:
            self.settled(held.state.value)
            log.info("import %s is %s", held.id, held.state.value, extra={"code": held.code})
