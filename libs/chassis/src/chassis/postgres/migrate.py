"""Brings a service's database up to date: outbox and inbox, the service's own tables, today's partitions.

yoyo-migrations does the work and is known here only. Files are plain SQL, `<number>_<what>.sql`, applied in the order
of their names; 0000 is the chassis' own. They must run while the version before is still serving: expand first,
contract in a later release.
"""

import logging
from contextlib import closing
from importlib.resources import files

import psycopg2
import yoyo

from chassis import clock
from chassis.postgres import partitions

log = logging.getLogger(__name__)

_LOCK = 0x6D696772  # advisory lock: a second migrate waits for the first


def migrate(dsn: str, *packages: str) -> list[str]:
    """Applies what is missing of the chassis' and the packages' migrations and answers their names, in order.

    `dsn` is a postgresql:// URL of the service's own role. Safe to run twice and from two places at once.
    """
    folders = [str(files(name) / "migrations") for name in ("chassis.postgres", *packages)]
    with closing(psycopg2.connect(dsn, options="-c timezone=UTC")) as guard:
        guard.autocommit = True
        with guard.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        applied = _apply(dsn, folders)
        guard.autocommit = False
        with guard, guard.cursor() as cursor:
            partitions.ensure_ahead(cursor, clock.now().date())
    for name in applied:
        log.info("applied %s", name)
    return applied


def _apply(dsn: str, folders: list[str]) -> list[str]:
    backend = yoyo.get_backend(dsn)
    try:
        with backend.connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")  # a busy table delays the release, not the shop
        backend.connection.commit()
        with backend.lock():
            todo = backend.to_apply(yoyo.read_migrations(*folders))
            names = [migration.id for migration in todo]
            backend.apply_migrations(todo)
        return names
    finally:
        backend.connection.close()
