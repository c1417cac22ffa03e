"""One PostgreSQL transaction as a unit of work."""

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.postgres import Pool, Transaction, transaction
from edge_gateway.adapters.postgres_devices import PostgresDevices
from edge_gateway.adapters.postgres_readings import PostgresReadings
from edge_gateway.adapters.postgres_shops import PostgresShops
from edge_gateway.adapters.published_events import to_contract
from edge_gateway.application.ports import Devices, Readings, Shops, UnitOfWork, Units
from edge_gateway.domain.reading import CountsRecorded


class PostgresUnit:
    """The repositories on one open transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.shops: Shops = PostgresShops(tx.cursor)
        self.devices: Devices = PostgresDevices(tx.cursor)
        self.readings: Readings = PostgresReadings(tx.cursor)

    def publish(self, *events: CountsRecorded) -> None:
        """Adds events to the transaction's outbox."""
        for event in events:
            self._tx.emit(to_contract(event))


def units(pool: Pool) -> Units:
    """Makes units of work on a pool."""

    @contextmanager
    def unit() -> Iterator[UnitOfWork]:
        with transaction(pool) as tx:
            yield PostgresUnit(tx)

    return unit
