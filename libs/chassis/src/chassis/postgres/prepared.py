"""Statements that are planned once a connection instead of once a call.

psycopg2 sends each statement as text, to be parsed and planned anew. For those that run with every batch, planning
costs as much as running: they are prepared on the server when a connection first needs them, and planned once where
the pool says so (`pool.PLANNED_ONCE`).
"""

import re
from collections.abc import Sequence
from typing import Self
from weakref import WeakSet

from psycopg2.extensions import connection, cursor

_TYPED = re.compile(r"%\((\w+)\)s::([a-z]+(?:\[\])?)")


class Prepared:
    """One statement with parameters `$1`, `$2`, … of these types, prepared under `name` on each connection.

    Source: PostgreSQL 15, PREPARE. It outlives its transaction, also one that is rolled back.
    """

    def __init__(self, name: str, types: Sequence[str], statement: str, names: Sequence[str] = ()) -> None:
        self.statement = statement
        self._names = names
        self._prepare = f"PREPARE {name} ({', '.join(types)}) AS {statement}"
        self._execute = f"EXECUTE {name} ({', '.join(['%s'] * len(types))});"
        self._known: WeakSet[connection] = WeakSet()

    @classmethod
    def named(cls, name: str, statement: str) -> Self:
        """One whose parameters have names: `%(shops)s::uuid[]`, with the type wherever it first stands."""
        types: dict[str, str] = {}
        for parameter, kind in _TYPED.findall(statement):
            types.setdefault(parameter, kind)
        numbers = {parameter: f"${at}" for at, parameter in enumerate(types, 1)}
        return cls(name, list(types.values()), statement % numbers, list(types))

    def execute(self, cursor: cursor, *parameters: object, **named: object) -> None:
        """Runs it; rows are the cursor's, as after `cursor.execute`."""
        cursor.execute(self.on(cursor, *parameters, **named))

    def on(self, cursor: cursor, *parameters: object, **named: object) -> bytes:
        """Its text, ended by a semicolon, to be run on this cursor alone or together with others."""
        if self._names:
            parameters = tuple(named.pop(name) for name in self._names)
        if named:
            raise TypeError(f"no such parameters: {', '.join(named)}")
        if cursor.connection not in self._known:
            cursor.execute(self._prepare)
            self._known.add(cursor.connection)
        return cursor.mogrify(self._execute, parameters)
