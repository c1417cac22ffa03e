"""Taking readings: kept once each, added to their minutes, and told to the outside, all or nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from uuid import UUID

from edge_gateway.application.ports import Taken, Units
from edge_gateway.domain.reading import CountsRecorded, Minute, Reading


class Counting:
    """The use case of readings."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def record(self, readings: Sequence[Reading]) -> Taken:
        """Commits all of them; what was counted before changes nothing. Of several with one id the first counts.

        Raises Unavailable; then none is counted.
        """
        first: dict[tuple[UUID, str], Reading] = {}
        for reading in readings:
            first.setdefault((reading.device_id, reading.message_id), reading)
        with self._units() as unit:
            taken = unit.readings.take(list(first.values()))
            for device, minutes in groupby(sorted(taken.minutes, key=_place), key=lambda minute: minute.device_id):
                told = tuple(minutes)
                unit.publish(CountsRecorded(told[0].shop_id, device, told))
        return replace(taken, seen=taken.seen + len(readings) - len(first))


def _place(minute: Minute) -> tuple[UUID, datetime]:
    return minute.device_id, minute.start
