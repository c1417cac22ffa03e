"""Devices."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from edge_gateway.domain.device import Device, State

#: Columns that `device_of` reads, in its order.
COLUMNS = "device_id, shop_id, name, created_at, state, credential, enrolling_until, last_seen_at"
INSERT = """
    INSERT INTO devices (device_id, shop_id, name, created_at, state, credential, enrolling_until)
    VALUES (%(id)s, %(shop)s, %(name)s, %(created_at)s, %(state)s, %(credential)s, %(enrolling_until)s)
        ON CONFLICT DO NOTHING
"""
GET = f"SELECT {COLUMNS} FROM devices WHERE device_id = %s FOR UPDATE"  # noqa: S608 - a constant
TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
COUNT = "SELECT count(*) FROM devices WHERE shop_id = %s AND state <> 'removed'"
UPDATE = """
    UPDATE devices
       SET name = %(name)s, state = %(state)s, credential = %(credential)s, enrolling_until = %(enrolling_until)s
     WHERE device_id = %(id)s
"""
REVOKED = """
    UPDATE devices SET revoked_at = %(at)s
     WHERE device_id = %(id)s AND state = 'removed' AND revoked_at IS NULL
       AND (enrolling_until IS NULL OR enrolling_until <= %(at)s)
"""
LET_IN_AGAIN = "UPDATE devices SET revoked_at = NULL WHERE device_id = %s AND state = 'removed'"
LOST = """
    UPDATE devices SET state = 'needs_enrolment'
      FROM (VALUES %s) AS missing (device_id, credential)
     WHERE devices.device_id = missing.device_id::uuid AND devices.credential = missing.credential AND state = 'active'
    RETURNING devices.device_id
"""


class PostgresDevices:
    """Rows of `devices`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def add(self, device: Device) -> bool:
        """False when the id is taken."""
        self._cursor.execute(INSERT, _values(device))
        return bool(self._cursor.rowcount)

    def get(self, device_id: UUID) -> Device | None:
        """The device, locked."""
        self._cursor.execute(GET, (str(device_id),))
        row = self._cursor.fetchone()
        return device_of(row) if row else None

    def count(self, shop_id: UUID) -> int:
        """How many a shop has; others who ask for the same shop wait until this transaction ends."""
        self._cursor.execute(TAKE_TURNS, (str(shop_id),))
        self._cursor.execute(COUNT, (str(shop_id),))
        return int((self._cursor.fetchone() or (0,))[0])

    def save(self, device: Device) -> None:
        """Writes a locked device."""
        self._cursor.execute(UPDATE, _values(device))

    def revoked(self, device_id: UUID, at: datetime) -> None:
        """The broker has confirmed that a removed device is out, and no enrolment can let it in any more."""
        self._cursor.execute(REVOKED, {"id": str(device_id), "at": at})

    def let_in_again(self, device_id: UUID) -> None:
        """A removed device is not known to be out."""
        self._cursor.execute(LET_IN_AGAIN, (str(device_id),))

    def lost(self, credentials: Iterable[tuple[UUID, int]]) -> list[UUID]:
        """Active devices whose credential is still this one need another; answers which."""
        rows = [(str(device_id), number) for device_id, number in sorted(credentials)]
        found = execute_values(self._cursor, LOST, rows, page_size=1000, fetch=True)
        return [UUID(device_id) for (device_id,) in found]


def _values(device: Device) -> dict[str, Any]:
    return {
        "id": str(device.id),
        "shop": str(device.shop_id),
        "name": device.name,
        "created_at": device.created_at,
        "state": device.state.value,
        "credential": device.credential,
        "enrolling_until": device.enrolling_until,
    }


def device_of(row: tuple[Any, ...]) -> Device:
    """A device from a row of `COLUMNS`."""
    device_id, shop_id, name, created_at, state, credential, enrolling_until, last_seen_at = row
    return Device(
        id=UUID(device_id),
        shop_id=UUID(shop_id),
        name=name,
        created_at=created_at,
        state=State(state),
        credential=credential,
        enrolling_until=enrolling_until,
        last_seen_at=last_seen_at,
    )
