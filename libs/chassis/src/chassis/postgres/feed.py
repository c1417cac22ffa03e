"""PostgreSQL's outbox for the relay: NOTIFY wakes it, and its daily partitions are kept."""

import logging
import select

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

from chassis.postgres import partitions
from chassis.postgres.outbox import CHANNEL, Outbox
from chassis.postgres.pool import PLANNED_ONCE, Pool

log = logging.getLogger(__name__)

#: Of the relay's connections. A lease or a mark that a crash takes back sends rows again, which inboxes absorb: nobody
#: waits for the disk.
SETTINGS = {"synchronous_commit": "off", **PLANNED_ONCE}


class PostgresFeed(Outbox):
    """The outbox of one database, with a connection of its own to be notified on."""

    errors: tuple[type[Exception], ...] = (psycopg2.Error,)

    def __init__(self, source: str, dsn: str) -> None:
        self._source = source
        self._dsn = dsn
        self._own_pool = Pool(dsn, size=2, name=f"relay-{source}", settings=SETTINGS)
        super().__init__(self._own_pool)
        self._listener: connection | None = None

    def wait(self, seconds: float) -> None:
        """Returns on a notification, at the latest after so many seconds. One connection lives across calls."""
        listening = self._listening()
        try:
            if select.select([listening], [], [], seconds)[0]:
                listening.poll()
                listening.notifies.clear()
        except (OSError, psycopg2.Error):
            listening.close()
            raise

    def maintain(self) -> None:
        """Makes the partitions that are missing and drops those that are old."""
        made, dropped = partitions.maintain(self._own_pool)
        if made or dropped:
            log.info("%s: partitions made %s, dropped %s", self._source, made, dropped)

    def close(self) -> None:
        """Closes the connection it listens on."""
        if self._listener is not None:
            self._listener.close()

    def _listening(self) -> connection:
        if self._listener is None or self._listener.closed:
            self._listener = psycopg2.connect(
                self._dsn, connect_timeout=3, keepalives_idle=5, application_name=f"yeshi-relay-{self._source}"
            )
            self._listener.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            with self._listener.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
        return self._listener
