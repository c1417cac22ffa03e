"""One PostgreSQL transaction as a unit of work."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from chassis.postgres import Pool, Transaction, transaction
from notify.adapters.postgres_bells import PostgresBells
from notify.adapters.postgres_copies import PostgresLinePeople, PostgresShops, PostgresWishes
from notify.adapters.postgres_outgoing import PostgresOutgoing
from notify.adapters.published_events import to_contract
from notify.application.ports import Bells, LinePeople, Outgoing, Shops, UnitOfWork, Units, Wishes
from notify.domain.bell import BellChanged

InContext = Callable[[BellChanged], AbstractContextManager[object]]


class PostgresUnit:
    """The repositories on one open transaction. `in_context` says under whose trace an event goes out."""

    def __init__(self, tx: Transaction, in_context: InContext | None = None) -> None:
        self._tx = tx
        self._in_context = in_context
        self.bells: Bells = PostgresBells(tx.cursor)
        self.shops: Shops = PostgresShops(tx.cursor)
        self.line: LinePeople = PostgresLinePeople(tx.cursor)
        self.wishes: Wishes = PostgresWishes(tx.cursor)
        self.outgoing: Outgoing = PostgresOutgoing(tx.cursor)

    def publish(self, *events: BellChanged) -> None:
        """Adds events to the transaction's outbox."""
        for event in events:
            if self._in_context is None:
                self._tx.emit(to_contract(event))
                continue
            with self._in_context(event):
                self._tx.emit(to_contract(event))


def units(pool: Pool) -> Units:
    """Makes units of work on a pool."""

    @contextmanager
    def unit() -> Iterator[UnitOfWork]:
        with transaction(pool) as tx:
            yield PostgresUnit(tx)

    return unit
