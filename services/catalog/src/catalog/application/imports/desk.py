"""Imports as their shop's people see them: sent, watched, called off."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from catalog.application.imports.ports import ImportUnit, ImportUnits, StoredProblem
from catalog.application.ports import Clock
from catalog.application.views import View
from catalog.domain import text
from catalog.domain.errors import ImportOver, KeyReused, TooManyImports
from catalog.domain.import_problems import sentences
from catalog.domain.imports import LARGEST_FILE, MOST_WAITING, Import, Mode, Upload
from chassis.clock import rfc3339
from chassis.errors import Missing
from kernel.rights import Right, require


@dataclass(frozen=True)
class SendImport:
    """A sheet that lies in the store. The id is made by the caller, so repeating it makes no second one."""

    by: UUID
    import_id: UUID
    shop_id: UUID
    mode: Mode
    dry_run: bool
    upload: Upload
    key: str | None


class ImportDesk:
    """Use cases around imports."""

    def __init__(self, units: ImportUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def may_import(self, by: UUID, shop_id: UUID) -> None:
        """Lets pass who may. Raises Missing, RoleRequired."""
        with self._units() as unit:
            _may(unit, by, shop_id)

    def send(self, command: SendImport) -> View:
        """The import, waiting; or the one of this id or key. Raises Missing, RoleRequired, Invalid, KeyReused,
        TooManyImports.
        """
        upload = command.upload
        text.whole(upload.size, "size", 1, LARGEST_FILE)
        name = text.line(upload.name or "-", "file_name", 200)
        wanted = Import(
            id=command.import_id,
            shop_id=command.shop_id,
            by=command.by,
            mode=command.mode,
            dry_run=command.dry_run,
            upload=Upload(upload.address, upload.sha256, upload.size, name),
            created_at=self._clock(),
            key=command.key,
        )
        with self._units() as unit:
            _may(unit, command.by, command.shop_id)
            if command.key and (known := unit.imports.by_key(command.shop_id, command.by, command.key)):
                return view(_same(known, wanted))
            if unit.imports.unfinished(command.shop_id) >= MOST_WAITING:
                raise TooManyImports(f"{MOST_WAITING} imports of this shop are not over", limit=MOST_WAITING)
            if unit.imports.add(wanted):
                return view(wanted)
            known = unit.imports.get(command.import_id)
            if known is None and command.key:
                known = unit.imports.by_key(command.shop_id, command.by, command.key)
        if known is None or known.shop_id != command.shop_id:
            raise Missing
        return view(_same(known, wanted))

    def get(self, by: UUID, shop_id: UUID, import_id: UUID) -> View:
        """How an import stands. Raises Missing, RoleRequired."""
        with self._units() as unit:
            return view(self._found(unit, by, shop_id, import_id))

    def of_shop(self, by: UUID, shop_id: UUID, before: UUID | None, limit: int) -> View:
        """A shop's imports, newest first. Raises Missing, RoleRequired."""
        with self._units() as unit:
            _may(unit, by, shop_id)
            found = unit.imports.of_shop(shop_id, before, limit)
        more = str(found[limit - 1].id) if len(found) > limit else None
        return {"items": [view(one) for one in found[:limit]], "next_cursor": more}

    def problems(self, by: UUID, shop_id: UUID, import_id: UUID, after: int, limit: int) -> View:
        """What is wrong with its rows. Raises Missing, RoleRequired."""
        with self._units() as unit:
            self._found(unit, by, shop_id, import_id)
            found = unit.imports.problems(import_id, after, limit)
        more = str(found[limit - 1].number) if len(found) > limit else None
        return {"items": [_problem(one) for one in found[:limit]], "next_cursor": more}

    def cancel(self, by: UUID, shop_id: UUID, import_id: UUID) -> View:
        """Asks for its end; repeating it changes nothing. Raises Missing, RoleRequired, ImportOver."""
        with self._units() as unit:
            found = self._found(unit, by, shop_id, import_id)
            if found.over and found.state.value != "cancelled":
                raise ImportOver(f"the import is {found.state.value}", state=found.state.value)
            if not found.over:
                unit.imports.wish_cancelled(import_id, by)
                found.cancelling = True
        return view(found)

    @staticmethod
    def _found(unit: ImportUnit, by: UUID, shop_id: UUID, import_id: UUID) -> Import:
        _may(unit, by, shop_id)
        found = unit.imports.get(import_id)
        if found is None or found.shop_id != shop_id:
            raise Missing
        return found


def _may(unit: ImportUnit, by: UUID, shop_id: UUID) -> None:
    require(unit.shops.role(shop_id, by), Right.IMPORT)


def _same(known: Import, wanted: Import) -> Import:
    """The import there is, if it was asked for with the same words. Raises KeyReused."""

    def told(one: Import) -> tuple[object, ...]:
        return one.shop_id, one.by, one.mode, one.dry_run, one.upload.sha256, one.upload.size

    if told(known) != told(wanted):
        raise KeyReused("this key was used for another import")
    return known


def view(one: Import) -> View:
    """An import as its shop's people see it."""
    zh, en = sentences(one.code, {}) if one.code else (None, None)
    seen: dict[str, Any] = {
        "import_id": str(one.id),
        "shop_id": str(one.shop_id),
        "by": str(one.by),
        "mode": one.mode.value,
        "dry_run": one.dry_run,
        "file_name": one.upload.name,
        "size": one.upload.size,
        "state": one.state.value,
        "cancelling": one.cancelling and not one.over,
        "code": one.code,
        "zh": zh,
        "en": en,
        "format": one.format,
        "encoding": one.encoding,
        "progress": one.progress,
        "rows": {"read": one.rows_read, "valid": one.tally.rows_valid, "failed": one.tally.rows_failed},
        "products": {
            "read": one.products,
            "created": one.tally.created,
            "updated": one.tally.updated,
            "unchanged": one.tally.unchanged,
            "failed": one.tally.failed,
        },
        "photos": {"wanted": one.tally.photos, "stored": one.photos_stored, "refused": one.photos_refused},
        "problems": one.tally.problems,
        "created_at": rfc3339(one.created_at),
        "started_at": rfc3339(one.started_at) if one.started_at else None,
        "ended_at": rfc3339(one.ended_at) if one.ended_at else None,
    }
    return seen


def _problem(one: StoredProblem) -> View:
    return {
        "row": one.row,
        "column": one.column,
        "code": one.code,
        "severity": one.severity,
        "zh": one.zh,
        "en": one.en,
    }
