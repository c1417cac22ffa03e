"""One PostgreSQL transaction as a unit of work."""

from chassis.postgres import EventUnit, Pool, Transaction, units_on
from edge_gateway.adapters.postgres_devices import PostgresDevices
from edge_gateway.adapters.postgres_readings import PostgresReadings
from edge_gateway.adapters.postgres_shops import PostgresShops
from edge_gateway.adapters.published_events import to_contract
from edge_gateway.application.ports import Devices, Readings, Shops, Units
from edge_gateway.domain.reading import CountsRecorded


class PostgresUnit(EventUnit[CountsRecorded]):
    """The repositories on one open transaction."""

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx, to_contract)
        self.shops: Shops = PostgresShops(tx.cursor)
        self.devices: Devices = PostgresDevices(tx.cursor)
        self.readings: Readings = PostgresReadings(tx.cursor)


def units(pool: Pool) -> Units:
    """Makes units of work on a pool."""
    return units_on(pool, PostgresUnit)
