"""Questions that change nothing."""

from uuid import UUID

from chassis.postgres import Pool, read_only
from edge_gateway.adapters.postgres_devices import COLUMNS, device_of
from edge_gateway.domain.device import Device
from edge_gateway.domain.footfall import Count, Stretch
from kernel.rights import Role, role_of

ROLE = "SELECT staff ->> %s FROM shops WHERE shop_id = %s"
DEVICES = f"""
    SELECT {COLUMNS} FROM devices WHERE shop_id = %s AND state <> 'removed' ORDER BY created_at, device_id
"""  # noqa: S608 - a constant
ACTIVE = "SELECT device_id, credential FROM devices WHERE state = 'active'"
TO_REVOKE = "SELECT device_id FROM devices WHERE state = 'removed' AND revoked_at IS NULL ORDER BY device_id"
FOOTFALL = """
    SELECT date_trunc(%(bucket)s, minute AT TIME ZONE 'Asia/Taipei') AT TIME ZONE 'Asia/Taipei' AS start,
           sum(entered)::bigint, sum(went_out)::bigint
      FROM footfall_minutes
     WHERE shop_id = %(shop)s AND minute >= %(since)s AND minute < %(until)s
     GROUP BY start ORDER BY start
"""


class PostgresReader:
    """Reads outside any transaction."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def role(self, shop_id: UUID, user_id: UUID) -> Role | None:
        """What the user is in the shop, as far as the copy knows."""
        with read_only(self._pool) as cursor:
            cursor.execute(ROLE, (str(user_id), str(shop_id)))
            row = cursor.fetchone()
        return role_of(row[0]) if row and row[0] else None

    def devices(self, shop_id: UUID) -> list[Device]:
        """A shop's devices, oldest first, removed ones not among them."""
        with read_only(self._pool) as cursor:
            cursor.execute(DEVICES, (str(shop_id),))
            return [device_of(row) for row in cursor.fetchall()]

    def active(self) -> dict[UUID, int]:
        """Every active device and the number of its credential."""
        with read_only(self._pool) as cursor:
            cursor.execute(ACTIVE)
            return {UUID(device_id): credential for device_id, credential in cursor.fetchall()}

    def to_revoke(self) -> list[UUID]:
        """Removed devices that the broker has not yet confirmed to be out."""
        with read_only(self._pool) as cursor:
            cursor.execute(TO_REVOKE)
            return [UUID(device_id) for (device_id,) in cursor.fetchall()]

    def footfall(self, shop_id: UUID, stretch: Stretch) -> list[Count]:
        """Buckets with data, in order of time."""
        with read_only(self._pool) as cursor:
            cursor.execute(
                FOOTFALL,
                {
                    "bucket": stretch.bucket.value,
                    "shop": str(shop_id),
                    "since": stretch.since,
                    "until": stretch.until,
                },
            )
            return [Count(start, entered, left) for start, entered, left in cursor.fetchall()]
