"""The command `reconcile`: looks for what must never be in a service's tables, and changes nothing."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis import logs
from chassis.commands import DatabaseSettings
from chassis.postgres import Pool
from chassis.postgres.errors import translate
from chassis.settings import load_or_exit

log = logging.getLogger(__name__)

MOST = 1000  # findings of one kind
PATIENCE = 60_000  # milliseconds for one look


@dataclass(frozen=True)
class Finding:
    """One row that should not be."""

    what: str
    fields: dict[str, Any]


def reconcile(package: str, looks: Mapping[str, str], **values: Any) -> int:
    """0 when there is nothing to report, 1 otherwise; each finding is a line of the log.

    `looks` are queries by what their rows mean; each takes `most` and the further `values`.
    """
    settings = load_or_exit(DatabaseSettings)
    logs.configure(package, settings.log_level)
    pool = Pool(settings.postgres_dsn, size=1, statement_timeout_ms=PATIENCE, name=f"{package}-reconcile")
    try:
        found = findings(pool, looks, **values)
    finally:
        pool.close()
    for finding in found:
        log.warning("%s", finding.what, extra=finding.fields)
    log.info("%s findings", len(found))
    return 1 if found else 0


def findings(pool: Pool, looks: Mapping[str, str], **values: Any) -> list[Finding]:
    """Everything found in one snapshot, at most a thousand of each kind. Raises DatabaseUnavailable."""
    found = []
    with pool.connection() as connection, translate(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for what, query in looks.items():
            cursor.execute(query, {"most": MOST, **values})
            names = [column.name for column in cursor.description or ()]
            found += [Finding(what, dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
        connection.rollback()
    return found
