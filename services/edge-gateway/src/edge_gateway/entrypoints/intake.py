"""What devices publish, on its way into the database. A message is acknowledged after the commit, never before.

A message that can never count (wrong form, no device of ours, too much) is counted by its reason and acknowledged with
the rest: it would come again for ever. While the database is away nothing is acknowledged, and the broker waits.
"""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import psycopg2

from chassis import clock
from chassis.errors import Unavailable
from contracts import edge as contract
from edge_gateway.adapters.mqtt_session import Arrival, MqttSession
from edge_gateway.application.counting import Counting
from edge_gateway.domain.flood import Allowance
from edge_gateway.domain.reading import Reading, minute_of
from edge_gateway.entrypoints import measures

log = logging.getLogger(__name__)

BATCH = 500
LARGEST = 2048  # bytes of a reading
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds between tries while the database is away

_decoder = msgspec.json.Decoder(contract.Reading)


class Dropped(Exception):
    """This message counts nothing; its text is the reason, as the metric names it."""


class Intake:
    """Keeps what one session brings, until it is closed."""

    def __init__(self, session: MqttSession, counting: Counting, allowance: Allowance) -> None:
        self._session = session
        self._counting = counting
        self._allowance = allowance

    def run(self) -> None:
        """The work of a thread: what has arrived, up to 500 messages in one transaction, never waiting for more."""
        while batch := self._session.take(BATCH):
            if self._keep(batch):
                self._session.ack(batch)
                measures.batch_size.observe(len(batch))
                measures.seconds_to_keep.observe(time.monotonic() - batch[0].instant)

    def _keep(self, batch: Sequence[Arrival]) -> bool:
        """False when the connection ended before the database took them: they come again."""
        readings = []
        for arrival in batch:
            try:
                readings.append(reading_of(arrival, self._allowance))
            except Dropped as dropped:
                measures.readings.labels(str(dropped)).inc()
        if not readings or self._record(readings, batch[0]):
            return True
        for reading in readings:
            self._allowance.give_back(str(reading.device_id))
        return False

    def _record(self, readings: Sequence[Reading], first: Arrival) -> bool:
        pause = FIRST_PAUSE
        while self._session.current(first):
            try:
                self._commit(readings)
                return True
            except (Unavailable, psycopg2.Error) as error:
                if _is_about_the_data(error):
                    return self._one_by_one(readings, first, error)
                log.warning("%s readings wait for the database: %s", len(readings), error)
                time.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        return False

    def _one_by_one(self, readings: Sequence[Reading], first: Arrival, error: Exception) -> bool:
        """One reading the database cannot take must not hold up its neighbours."""
        if len(readings) > 1:
            return all(self._record([one], first) for one in readings)
        log.error("a reading cannot be kept: %s", error, exc_info=error)
        measures.readings.labels("failed").inc()
        return True

    def _commit(self, readings: Sequence[Reading]) -> None:
        taken = self._counting.record(readings)
        measures.readings.labels("counted").inc(taken.fresh)
        measures.readings.labels("seen").inc(taken.seen)
        measures.readings.labels("unknown_device").inc(taken.unknown)
        measures.skewed.inc(sum(one.skewed for one in readings))


def reading_of(arrival: Arrival, allowance: Allowance) -> Reading:
    """What a message says. Who says it is told by its topic, which the broker has checked, never by itself.

    Raises Dropped.
    """
    device = arrival.topic.split("/")[2]
    if arrival.retained:
        raise Dropped("retained")
    if len(arrival.payload) > LARGEST:
        raise Dropped("too_large")
    if not allowance.takes(device, arrival.instant):
        raise Dropped("throttled")
    try:
        device_id = UUID(device)
    except ValueError:
        raise Dropped("unknown_device") from None
    try:
        told = _decoder.decode(arrival.payload)
        counted_at = _moment(told.ts)
    except (msgspec.MsgspecError, ValueError, OverflowError, OSError, RecursionError):
        raise Dropped("malformed") from None
    if not told.id.isprintable() or not told.src.isprintable():
        raise Dropped("malformed")
    minute, skewed = minute_of(counted_at, arrival.received_at, history=told.hist)
    return Reading(
        device_id=device_id,
        message_id=told.id,
        counted_at=counted_at,
        received_at=arrival.received_at,
        minute=minute,
        entering=told.dir == "in",
        people=told.n,
        seen_by=told.src,
        skewed=skewed,
    )


def _is_about_the_data(error: Exception) -> bool:
    """Whether the database understood everything but the values. Any other error may be over later, so it is waited
    for: an acknowledged reading cannot be asked for again. Source: PostgreSQL 15, appendix A, class 22.
    """
    return isinstance(error, psycopg2.Error) and (error.pgcode or "").startswith("22")


def _moment(told: str | float) -> datetime:
    return clock.parse(told) if isinstance(told, str) else datetime.fromtimestamp(told, UTC)
