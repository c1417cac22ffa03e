"""Tables in memory, journaled to a file of JSON lines so that a restart remembers everything.

A line is `[table, key, row]`, or `[table, key, null]` for a removal. It is handed to the kernel before the
caller goes on, so whatever was answered to a client survives the death of this process. Start-up replays the
journal, drops a torn last line, and writes the file anew without what was overwritten.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class DataInUse(RuntimeError):
    """Another process holds the data folder."""


class Store:
    """All tables of one data folder. Without a folder nothing is kept beyond the process."""

    def __init__(self, folder: Path | None = None) -> None:
        self.version = 0  # grows with every change
        self._tables: dict[str, Table[Any]] = {}
        self._folder = folder
        self._file: int | None = None
        self._encoder = msgspec.json.Encoder()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(self._lock)
                raise DataInUse(f"{folder} is in use by another LINE double") from error

    def table(self, name: str, kind: type[T]) -> "Table[T]":
        """A new empty table; call for all of them before `open`."""
        made = Table(name, kind, self)
        self._tables[name] = made
        return made

    def open(self) -> None:
        """Read the journal into the tables, compact it, and append from now on."""
        if self._folder is None:
            return
        path = self._folder / "journal.jsonl"
        if path.exists():
            with path.open("rb") as lines:
                for line in lines:
                    self._replay(line)
        fresh = self._folder / "journal.new"
        with fresh.open("wb") as out:
            for table in self._tables.values():
                for key, row in table.items():
                    out.write(self._encoder.encode([table.name, key, row]) + b"\n")
        fresh.replace(path)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def close(self) -> None:
        """Release the file and the lock."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._folder is not None:
            os.close(self._lock)
            self._folder = None

    def changed(self, table: str, key: str, row: object) -> None:
        """Note one change durably."""
        self.version += 1
        if self._file is not None:
            os.write(self._file, self._encoder.encode([table, key, row]) + b"\n")

    def _replay(self, line: bytes) -> None:
        if not line.endswith(b"\n"):
            return  # torn by a kill in the middle of a write: nobody was answered
        name, key, row = msgspec.json.decode(line)
        table = self._tables.get(name)
        if table is not None:
            table.load(key, row)


class Table(Generic[T]):
    """Rows of one kind by key, in the order of their first writing."""

    def __init__(self, name: str, kind: type[T], store: Store) -> None:
        self.name = name
        self._kind = kind
        self._store = store
        self._rows: dict[str, T] = {}

    def put(self, key: str, row: T) -> T:
        """Store the row, new or changed, and return it."""
        self._rows[key] = row
        self._store.changed(self.name, key, row)
        return row

    def remove(self, key: str) -> T | None:
        """Forget the row; its last value, or None if there was none."""
        row = self._rows.pop(key, None)
        if row is not None:
            self._store.changed(self.name, key, None)
        return row

    def get(self, key: str) -> T | None:
        """The row, or None."""
        return self._rows.get(key)

    def clear(self) -> None:
        """Forget all rows."""
        for key in list(self._rows):
            self.remove(key)

    def load(self, key: str, row: object) -> None:
        """Take one line of the journal."""
        if row is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = msgspec.convert(row, self._kind)

    def items(self) -> list[tuple[str, T]]:
        """All keys with their rows."""
        return list(self._rows.items())

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._rows.values()))

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)
