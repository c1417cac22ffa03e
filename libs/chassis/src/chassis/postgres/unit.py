"""What a service's unit of work on PostgreSQL shares: its events go into the outbox of its own transaction."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Generic, TypeVar

from chassis.postgres.pool import Pool
from chassis.postgres.unit_of_work import Transaction, transaction
from contracts import Message

E = TypeVar("E")
U = TypeVar("U")


class EventUnit(Generic[E]):
    """A service adds its repositories on `tx.cursor`.

    `to_contract` is what the outside hears of an event; `in_context` says under whose trace it goes out.
    """

    def __init__(
        self,
        tx: Transaction,
        to_contract: Callable[[E], Message],
        in_context: Callable[[E], AbstractContextManager[object]] | None = None,
    ) -> None:
        self._tx = tx
        self._to_contract = to_contract
        self._in_context = in_context or (lambda _event: nullcontext())

    def publish(self, *events: E) -> None:
        """Adds events to the transaction's outbox."""
        for event in events:
            with self._in_context(event):
                self._tx.emit(self._to_contract(event))


def units_on(pool: Pool, make: Callable[[Transaction], U]) -> Callable[[], AbstractContextManager[U]]:
    """Opens units of work: each is what `make` makes of a transaction that commits when its block ends."""

    @contextmanager
    def unit() -> Iterator[U]:
        with transaction(pool) as tx:
            yield make(tx)

    return unit
