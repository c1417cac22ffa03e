"""The service: its use cases on PostgreSQL."""

from dataclasses import dataclass
from uuid import uuid4

from chassis import clock
from chassis.ids import uuid7
from chassis.postgres import Pool
from notify.adapters.postgres_reader import PostgresReader
from notify.adapters.unit_of_work import units
from notify.application.bell import BellDesk
from notify.application.hearing import Listener
from notify.application.ports import Clock, NewId, Reader, Seen, Units
from notify.application.preferences import PreferenceDesk
from notify.application.ringing import Ringer


@dataclass(frozen=True)
class Notify:
    """All use cases of the service."""

    bell: BellDesk
    preferences: PreferenceDesk
    ringer: Ringer
    listener: Listener


def assemble(units: Units, reader: Reader, seen: Seen, now: Clock, new_id: NewId, new_key: NewId) -> Notify:
    """The application on whatever parts it is given."""
    return Notify(
        bell=BellDesk(units, reader, seen, now),
        preferences=PreferenceDesk(units, reader),
        ringer=Ringer(now, new_id, new_key),
        listener=Listener(),
    )


def build(pool: Pool) -> Notify:
    """The application on PostgreSQL."""
    reader = PostgresReader(pool)
    return assemble(units(pool), reader, reader.seen, clock.now, uuid7, uuid4)
