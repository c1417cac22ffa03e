"""Imports, their problems and the photographs they wait for."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor

from catalog.application.imports.ports import ExpectedPhoto, SettledPhoto, StoredProblem
from catalog.domain.import_problems import Problem, sentences
from catalog.domain.imports import Import, ImportState, Mode, Tally, Upload
from chassis.postgres import array

COLUMNS = """
    i.import_id, i.shop_id, i.by_user, i.mode, i.dry_run, i.idempotency_key, i.file_name, i.address, i.sha256, i.size,
    i.state, i.code, i.format, i.encoding, i.rows_read, i.products, i.next_product, i.rows_valid, i.rows_failed,
    i.created, i.updated, i.unchanged, i.failed, i.problems, i.photos, i.created_at, i.started_at, i.ended_at,
    (SELECT count(*) FROM import_photos p WHERE p.import_id = i.import_id AND p.state = 'stored'),
    (SELECT count(*) FROM import_photos p WHERE p.import_id = i.import_id AND p.state = 'refused'),
    EXISTS (SELECT FROM import_cancels c WHERE c.import_id = i.import_id)
"""
INSERT = """
    INSERT INTO imports (import_id, shop_id, by_user, mode, dry_run, idempotency_key, file_name, address, sha256, size,
                         state, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT DO NOTHING
"""
GET = f"SELECT {COLUMNS} FROM imports i WHERE i.import_id = %s"  # noqa: S608 - a constant
BY_KEY = f"SELECT {COLUMNS} FROM imports i WHERE (i.shop_id, i.by_user, i.idempotency_key) = (%s, %s, %s)"  # noqa: S608 - a constant
UNFINISHED = "SELECT count(*) FROM imports WHERE shop_id = %s AND state IN ('waiting', 'checking', 'applying')"
OF_SHOP = f"""
    SELECT {COLUMNS} FROM imports i WHERE i.shop_id = %s AND i.import_id < %s::uuid ORDER BY i.import_id DESC LIMIT %s
"""  # noqa: S608 - a constant
# Within a shop one import after the other, so that two sheets never change the same products side by side.
_TURN = """
    NOT EXISTS (SELECT FROM imports e WHERE e.shop_id = i.shop_id AND e.import_id < i.import_id
                   AND e.state IN ('waiting', 'checking', 'applying'))
"""
TAKE_UNREAD = f"""
    UPDATE imports SET claimed_until = now() + %s * interval '1 second', started_at = coalesce(started_at, now())
     WHERE import_id = (SELECT i.import_id FROM imports i
                         WHERE i.state = 'waiting' AND i.claimed_until < now() AND {_TURN}
                         ORDER BY i.import_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING import_id
"""  # noqa: S608 - a constant
GIVE_BACK = "UPDATE imports SET claimed_until = '-infinity' WHERE import_id = %s"
LOCK = "SELECT 1 FROM imports WHERE import_id = %s FOR NO KEY UPDATE"
LOCK_NEXT = f"""
    SELECT i.import_id FROM imports i WHERE i.state IN ('checking', 'applying') AND {_TURN}
     ORDER BY i.import_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""  # noqa: S608 - a constant
SAVE = """
    UPDATE imports
       SET state = %s, code = %s, format = %s, encoding = %s, rows_read = %s, products = %s, next_product = %s,
           rows_valid = %s, rows_failed = %s, created = %s, updated = %s, unchanged = %s, failed = %s, problems = %s,
           photos = %s, ended_at = %s
     WHERE import_id = %s
"""
FAILED = "UPDATE imports SET failures = failures + 1 WHERE import_id = %s RETURNING failures"
WISH = "INSERT INTO import_cancels (import_id, by_user) VALUES (%s, %s) ON CONFLICT DO NOTHING"
WISHED = "SELECT EXISTS (SELECT FROM import_cancels WHERE import_id = %s)"
NOTE = """
    INSERT INTO import_problems (import_id, row_no, column_name, code, severity, zh, en)
    SELECT %s, * FROM unnest(%s::integer[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
"""
PROBLEMS = """
    SELECT problem_id, row_no, column_name, code, severity, zh, en FROM import_problems
     WHERE import_id = %s AND problem_id > %s ORDER BY problem_id LIMIT %s
"""
EXPECT = """
    INSERT INTO import_photos (import_id, photo_id, product_id, row_no, column_name)
    SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[], %s::integer[], %s::text[])
"""
# Locked in the order of their ids before they change, so that no two processes wait for each other.
SETTLE_PHOTOS = """
    WITH news AS (SELECT * FROM unnest(%s::uuid[], %s::text[]) AS told (photo_id, code)), held AS (
        SELECT photo_id FROM import_photos
         WHERE photo_id IN (SELECT photo_id FROM news) AND state = 'waiting' ORDER BY photo_id FOR UPDATE)
    UPDATE import_photos p SET state = CASE WHEN news.code IS NULL THEN 'stored' ELSE 'refused' END
      FROM held JOIN news USING (photo_id) WHERE p.photo_id = held.photo_id
    RETURNING p.import_id, p.row_no, p.column_name, news.code
"""
COUNT_PROBLEMS = "UPDATE imports SET problems = problems + %s WHERE import_id = %s"

_LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"


class PostgresImports:
    """Rows of `imports`, `import_cancels`, `import_problems` and `import_photos`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def add(self, wanted: Import) -> bool:
        """False when its id, or its key, is there already."""
        upload = wanted.upload
        self._cursor.execute(
            INSERT,
            (
                str(wanted.id),
                str(wanted.shop_id),
                str(wanted.by),
                wanted.mode.value,
                wanted.dry_run,
                wanted.key,
                upload.name,
                upload.address,
                upload.sha256,
                upload.size,
                wanted.state.value,
                wanted.created_at,
            ),
        )
        return self._cursor.rowcount == 1

    def get(self, import_id: UUID) -> Import | None:
        """One import."""
        return self._one(GET, str(import_id))

    def by_key(self, shop_id: UUID, by: UUID, key: str) -> Import | None:
        """The one this user sent under this key."""
        return self._one(BY_KEY, str(shop_id), str(by), key)

    def unfinished(self, shop_id: UUID) -> int:
        """How many of a shop's are not over."""
        return int(self._value(UNFINISHED, str(shop_id)))

    def of_shop(self, shop_id: UUID, before: UUID | None, limit: int) -> list[Import]:
        """A shop's, newest first; one more than `limit` when there are more."""
        self._cursor.execute(OF_SHOP, (str(shop_id), str(before or _LAST), limit + 1))
        return [_import_of(row) for row in self._cursor.fetchall()]

    def take_unread(self, seconds: float) -> Import | None:
        """The next that waits to be read, nobody else's for so many seconds."""
        import_id = self._value(TAKE_UNREAD, seconds)
        return self._one(GET, import_id) if import_id else None

    def give_back(self, import_id: UUID) -> None:
        """Lets somebody else read it at once."""
        self._cursor.execute(GIVE_BACK, (str(import_id),))

    def lock(self, import_id: UUID) -> Import | None:
        """One import, held until the transaction ends; read after it was locked."""
        self._cursor.execute(LOCK, (str(import_id),))
        return self.get(import_id)

    def lock_next(self) -> Import | None:
        """The next that is read and not over, held until the transaction ends. What others hold is passed over."""
        import_id = self._value(LOCK_NEXT)
        return self._one(GET, import_id) if import_id else None

    def save(self, changed: Import) -> None:
        """Writes one that is held."""
        tally = changed.tally
        self._cursor.execute(
            SAVE,
            (
                changed.state.value,
                changed.code,
                changed.format,
                changed.encoding,
                changed.rows_read,
                changed.products,
                changed.next_product,
                tally.rows_valid,
                tally.rows_failed,
                tally.created,
                tally.updated,
                tally.unchanged,
                tally.failed,
                tally.problems,
                tally.photos,
                changed.ended_at,
                str(changed.id),
            ),
        )

    def failed(self, import_id: UUID) -> int:
        """Counts a try that ended by surprise; answers how many there were."""
        return int(self._value(FAILED, str(import_id)) or 0)

    def wish_cancelled(self, import_id: UUID, by: UUID) -> None:
        """Somebody wants it to end. Never waits for whoever works on it."""
        self._cursor.execute(WISH, (str(import_id), str(by)))

    def cancelling(self, import_id: UUID) -> bool:
        """Whether somebody does."""
        return bool(self._value(WISHED, str(import_id)))

    def note(self, import_id: UUID, problems: Sequence[Problem]) -> None:
        """Keeps problems with their sentences."""
        if not problems:
            return
        told = [sentences(one.code, one.values) for one in problems]
        self._cursor.execute(
            NOTE,
            (
                str(import_id),
                array(one.row for one in problems),
                array(one.column for one in problems),
                array(one.code for one in problems),
                array(one.severity for one in problems),
                array(zh for zh, _ in told),
                array(en for _, en in told),
            ),
        )

    def problems(self, import_id: UUID, after: int, limit: int) -> list[StoredProblem]:
        """In the order they were found; one more than `limit` when there are more."""
        self._cursor.execute(PROBLEMS, (str(import_id), after, limit + 1))
        return [StoredProblem(*row) for row in self._cursor.fetchall()]

    def expect_photos(self, import_id: UUID, photos: Sequence[ExpectedPhoto]) -> None:
        """Keeps whose photographs these will be."""
        self._cursor.execute(
            EXPECT,
            (
                str(import_id),
                array(one.photo_id for one in photos),
                array(one.product_id for one in photos),
                array(one.row for one in photos),
                array(one.column for one in photos),
            ),
        )

    def settle_photos(self, news: Sequence[SettledPhoto]) -> None:
        """Photographs came, or did not for a reason; that is noted as a warning. Others than expected are nothing."""
        self._cursor.execute(SETTLE_PHOTOS, (array(one.photo_id for one in news), array(one.code for one in news)))
        refused: dict[str, list[Problem]] = {}
        for import_id, row, column, code in self._cursor.fetchall():
            if code is not None:
                refused.setdefault(import_id, []).append(Problem(row, code, column, "warning", {"detail": code}))
        for import_id, problems in sorted(refused.items()):
            self.note(UUID(import_id), problems)
            self._cursor.execute(COUNT_PROBLEMS, (len(problems), import_id))

    def _one(self, statement: str, *parameters: Any) -> Import | None:
        self._cursor.execute(statement, parameters)
        row = self._cursor.fetchone()
        return _import_of(row) if row else None

    def _value(self, statement: str, *parameters: Any) -> Any:
        self._cursor.execute(statement, parameters)
        row = self._cursor.fetchone()
        return row[0] if row else None


def _import_of(row: tuple[Any, ...]) -> Import:
    return Import(
        id=UUID(row[0]),
        shop_id=UUID(row[1]),
        by=UUID(row[2]),
        mode=Mode(row[3]),
        dry_run=row[4],
        key=row[5],
        upload=Upload(address=row[7], sha256=row[8], size=row[9], name=row[6]),
        state=ImportState(row[10]),
        code=row[11],
        format=row[12],
        encoding=row[13],
        rows_read=row[14],
        products=row[15],
        next_product=row[16],
        tally=Tally(*row[17:25]),
        created_at=row[25],
        started_at=row[26],
        ended_at=row[27],
        photos_stored=row[28],
        photos_refused=row[29],
        cancelling=row[30],
    )
