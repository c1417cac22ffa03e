"""Statements that are planned once a connection instead of once a call.

psycopg2 sends each statement as text, to be parsed and planned anew. For the few that run with every batch, planning
costs as much as running: those are prepared on the server when a connection first needs them.
"""

from collections.abc import Sequence
from weakref import WeakSet

from psycopg2.extensions import connection, cursor


class Prepared:
    """One statement with parameters `$1`, `$2`, … of these types, prepared under `name` on each connection.

    Source: PostgreSQL 15, PREPARE. It outlives its transaction, also one that is rolled back.
    """

    def __init__(self, name: str, types: Sequence[str], statement: str) -> None:
        self.statement = statement
        self._prepare = f"PREPARE {name} ({', '.join(types)}) AS {statement}"
        self._execute = f"EXECUTE {name} ({', '.join(['%s'] * len(types))});"
        self._known: WeakSet[connection] = WeakSet()

    def execute(self, cursor: cursor, *parameters: object) -> None:
        """Runs it; rows are the cursor's, as after `cursor.execute`."""
        cursor.execute(self.on(cursor, *parameters))

    def on(self, cursor: cursor, *parameters: object) -> bytes:
        """Its text, ended by a semicolon, to be run on this cursor alone or together with others."""
        if cursor.connection not in self._known:
            cursor.execute(self._prepare)
            self._known.add(cursor.connection)
        return cursor.mogrify(self._execute, parameters)
