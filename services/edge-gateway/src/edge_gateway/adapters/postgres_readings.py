"""Readings and the minutes they count in: one statement for a whole batch."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg2.extensions import cursor

from edge_gateway.application.ports import Taken
from edge_gateway.domain.reading import Minute, Reading

# Only rows that the insert returns are new: they alone are added to their minutes, so a reading that comes again, also
# beside itself in one batch, changes nothing. Minutes are written in one order: two writers wait for each other.
TAKE = """
    WITH arrived AS (
        SELECT shop_id, sent.*
          FROM unnest(%(devices)s::uuid[], %(messages)s::text[], %(counted)s::timestamptz[],
                      %(received)s::timestamptz[], %(minutes)s::timestamptz[], %(entering)s::boolean[],
                      %(people)s::integer[], %(seen_by)s::text[], %(skewed)s::boolean[])
            AS sent (device_id, message_id, counted_at, received_at, minute, entering, people, seen_by, skewed)
          JOIN devices USING (device_id)
         WHERE devices.state <> 'removed'
    ), fresh AS (
        INSERT INTO readings (device_id, message_id, counted_at, received_at, minute, entering, people, seen_by, skewed)
        SELECT device_id, message_id, counted_at, received_at, minute, entering, people, seen_by, skewed FROM arrived
            ON CONFLICT DO NOTHING
        RETURNING device_id, minute, entering, people
    ), minutes AS (
        INSERT INTO footfall_minutes AS known (device_id, minute, shop_id, entered, went_out)
        SELECT device_id, minute, (SELECT shop_id FROM devices WHERE devices.device_id = fresh.device_id),
               coalesce(sum(people) FILTER (WHERE entering), 0), coalesce(sum(people) FILTER (WHERE NOT entering), 0)
          FROM fresh GROUP BY device_id, minute ORDER BY device_id, minute
            ON CONFLICT (device_id, minute)
            DO UPDATE SET entered = known.entered + excluded.entered, went_out = known.went_out + excluded.went_out
        RETURNING shop_id, device_id, minute, entered, went_out
    ), seen AS (
        UPDATE devices SET last_seen_at = latest.at
          FROM (SELECT device_id, max(received_at) AS at FROM arrived GROUP BY device_id) AS latest
         WHERE devices.device_id = latest.device_id
           AND (last_seen_at IS NULL OR last_seen_at < latest.at - interval '30 seconds')
    )
    SELECT shop_id::text, device_id::text, minute, entered, went_out FROM minutes
    UNION ALL
    SELECT NULL, NULL, NULL, (SELECT count(*) FROM arrived), (SELECT count(*) FROM fresh)
"""
FORGET = """
    DELETE FROM readings WHERE ctid IN (SELECT ctid FROM readings WHERE received_at < %s LIMIT %s)
"""


class PostgresReadings:
    """Rows of `readings` and `footfall_minutes`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def take(self, readings: Sequence[Reading]) -> Taken:
        """Keeps those that are new, each once, and adds them to their minutes."""
        self._cursor.execute(
            TAKE,
            {
                "devices": [str(one.device_id) for one in readings],
                "messages": [one.message_id for one in readings],
                "counted": [one.counted_at for one in readings],
                "received": [one.received_at for one in readings],
                "minutes": [one.minute for one in readings],
                "entering": [one.entering for one in readings],
                "people": [one.people for one in readings],
                "seen_by": [one.seen_by for one in readings],
                "skewed": [one.skewed for one in readings],
            },
        )
        minutes, arrived, fresh = [], 0, 0
        for shop, device, start, entered, left in self._cursor.fetchall():
            if shop is None:
                arrived, fresh = entered, left
            else:
                minutes.append(Minute(UUID(shop), UUID(device), start, entered, left))
        return Taken(minutes, fresh=fresh, seen=arrived - fresh, unknown=len(readings) - arrived)

    def forget(self, before: datetime, most: int) -> int:
        """Deletes up to `most` readings that arrived before then, and answers how many. Their minutes stay."""
        self._cursor.execute(FORGET, (before, most))
        return self._cursor.rowcount
