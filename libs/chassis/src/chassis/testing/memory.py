"""What services share that are run in memory: a store of plain dicts and lists, its tables, transactions on it."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar


@contextmanager
def transaction(store: object, *names: str) -> Iterator[None]:
    """Undoes what its body changed in the store, or in those attributes of it that are named, when it raises."""
    before = copy.deepcopy({name: getattr(store, name) for name in names or vars(store)})
    try:
        yield
    except BaseException:
        vars(store).update(before)
        raise


class Part:
    """A repository on a store."""

    def __init__(self, store: Any) -> None:
        self.store = store


class Table(Part):
    """A repository of things that have an id, in the store's attribute `rows`. Copies go in and copies come out."""

    rows: ClassVar[str]

    @property
    def _rows(self) -> dict[Any, Any]:
        return getattr(self.store, self.rows)

    def add(self, thing: Any) -> bool:
        """Whether its id was free."""
        if thing.id in self._rows:
            return False
        self.save(thing)
        return True

    def get(self, key: Any, *, lock: bool = False) -> Any:
        """None when it is not there. Nobody else is there to lock it from."""
        return copy.deepcopy(self._rows.get(key))

    def save(self, thing: Any) -> None:
        """As it is now."""
        self._rows[thing.id] = copy.deepcopy(thing)
