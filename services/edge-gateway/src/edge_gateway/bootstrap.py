"""The one place where edge-gateway's real parts meet."""

import secrets
from dataclasses import dataclass

from chassis import clock
from chassis.postgres import Pool
from edge_gateway.adapters.postgres_reader import PostgresReader
from edge_gateway.adapters.unit_of_work import units
from edge_gateway.application.counting import Counting
from edge_gateway.application.devices import DeviceDesk
from edge_gateway.application.ports import Broker, Clock, Reader, Units
from edge_gateway.application.staffing import Staffing
from edge_gateway.application.visiting import Visiting

PASSWORD_BYTES = 24


@dataclass(frozen=True)
class EdgeGateway:
    """All use cases."""

    staffing: Staffing
    devices: DeviceDesk
    counting: Counting
    visiting: Visiting


def assemble(units: Units, reader: Reader, broker: Broker, now: Clock) -> EdgeGateway:
    """The application on whatever parts it is given."""
    staffing = Staffing(units, reader)
    return EdgeGateway(
        staffing=staffing,
        devices=DeviceDesk(units, reader, staffing, broker, now),
        counting=Counting(units),
        visiting=Visiting(reader, staffing),
    )


def build(pool: Pool, broker: Broker) -> EdgeGateway:
    """The application on PostgreSQL and this broker."""
    return assemble(units(pool), PostgresReader(pool), broker, clock.now)


def new_password() -> str:
    """A password that nobody has to remember."""
    return secrets.token_urlsafe(PASSWORD_BYTES)
