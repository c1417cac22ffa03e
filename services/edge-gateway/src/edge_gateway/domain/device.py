"""A device at a shop's door, and the life of its credentials."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.errors import Invalid
from edge_gateway.domain.errors import DeviceRemoved, EnrolmentUnderWay

MOST_DEVICES = 50  # of one shop
LONGEST_NAME = 40
#: How long an enrolment keeps others of the same device away. It ends by its own deadlines well before.
ENROLMENT = timedelta(seconds=10)
TOPICS = "yeshi/v1"


class State(StrEnum):
    """Where a device's credentials stand."""

    ENROLLING = "enrolling"  # announced; the broker may or may not know it yet
    ACTIVE = "active"
    NEEDS_ENROLMENT = "needs_enrolment"  # the broker has lost its credentials: only a new password helps
    REMOVED = "removed"


@dataclass
class Device:
    """A door device of a shop. `credential` counts its passwords; the broker knows none but the last."""

    id: UUID
    shop_id: UUID
    name: str
    created_at: datetime
    state: State = State.ENROLLING
    credential: int = 0
    enrolling_until: datetime | None = None
    last_seen_at: datetime | None = None

    def begin_enrolment(self, name: str, at: datetime) -> int:
        """A new password is on its way; answers its number. Raises DeviceRemoved, EnrolmentUnderWay, Invalid."""
        if self.state is State.REMOVED:
            raise DeviceRemoved("enrol a new device instead")
        if self.enrolling_until is not None and at < self.enrolling_until:
            raise EnrolmentUnderWay("this device is being enrolled; try again in a few seconds")
        self.name = device_name(name)
        self.state = State.ENROLLING
        self.enrolling_until = at + ENROLMENT
        self.credential += 1
        return self.credential

    def finish_enrolment(self, credential: int) -> bool:
        """The broker knows this password; False when the device was removed or enrolled anew meanwhile."""
        if self.state is not State.ENROLLING or self.credential != credential:
            return False
        self.state = State.ACTIVE
        self.enrolling_until = None
        return True

    def give_up_enrolment(self, credential: int) -> None:
        """The broker could not be asked: the same enrolment may be tried again at once."""
        if self.credential == credential:
            self.enrolling_until = None

    def remove(self) -> None:
        """For good; its readings stay. Until when an enrolment may be under way stays known: it may still reach the
        broker, after the broker was told to let nobody in.
        """
        self.state = State.REMOVED


def topic(device_id: UUID) -> str:
    """Everything a device may publish lies below this."""
    return f"{TOPICS}/{device_id}"


def device_name(text: str) -> str:
    """One line without surrounding blanks. Raises Invalid."""
    name = text.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(f"name must have 1 to {LONGEST_NAME} characters", field="name")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        raise Invalid("name holds control characters", field="name")
    return name
