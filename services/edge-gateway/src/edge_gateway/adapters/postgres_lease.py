"""Which replica holds the MQTT session. The broker knows one client id; two connections would throw each other out."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID, uuid4

from chassis.postgres import Pool, read_only, translate

TERM = timedelta(seconds=5)

HOLD = """
    UPDATE mqtt_session SET holder = %(me)s, held_until = now() + %(term)s
     WHERE holder = %(me)s OR holder IS NULL OR held_until < now()
"""
RELEASE = "UPDATE mqtt_session SET holder = NULL, held_until = NULL WHERE holder = %(me)s"
CLIENT_ID = "SELECT client_id FROM mqtt_session"


class SessionLease:
    """One replica's view of the lease. The database's clock decides for all."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._me: UUID = uuid4()

    def hold(self) -> bool:
        """Takes or keeps the lease for five more seconds; False while another has it. Raises Unavailable."""
        return self._changed(HOLD, {"me": str(self._me), "term": TERM})

    def release(self) -> None:
        """Lets another replica have it at once. Raises Unavailable."""
        self._changed(RELEASE, {"me": str(self._me)})

    def client_id(self) -> str:
        """The client id of the session, the same for every replica and known to nobody else. Raises Unavailable."""
        with read_only(self._pool) as cursor:
            cursor.execute(CLIENT_ID)
            return str((cursor.fetchone() or ("",))[0])

    def _changed(self, statement: str, parameters: Mapping[str, object]) -> bool:
        """Whether it changed the lease. It commits with itself: a replica that freezes on the way to a COMMIT of its
        own would keep the row from the others for longer than the lease lasts.
        """
        with self._pool.connection() as borrowed, translate():
            borrowed.autocommit = True
            with borrowed.cursor() as cursor:
                cursor.execute(statement, parameters)
                return bool(cursor.rowcount)
