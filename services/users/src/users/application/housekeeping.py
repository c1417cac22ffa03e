"""What is too old to matter is dropped, a little at a time."""

import logging
from datetime import timedelta

from users.application.ports import Clock, Units

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)  # after it has ended; an event that is a day late still finds its nonce


class Housekeeping:
    """Safe from any number of replicas."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def tidy(self) -> bool:
        """Drops some of it; whether there was any, so that there may be more. Raises Unavailable."""
        before = self._clock() - KEPT
        dropped = 0
        with self._units() as unit:
            dropped += unit.sessions.forget(before)
        with self._units() as unit:
            dropped += unit.line.forget(before)
        with self._units() as unit:
            dropped += unit.mails.forget(before)
        with self._units() as unit:
            dropped += unit.throttles.forget()
        if dropped:
            log.info("dropped %s rows that had ended", dropped)
        return dropped > 0
