"""The signing keys as this process knows them."""

import logging
from datetime import datetime, timedelta

from chassis.errors import Unavailable
from users.application.ports import Clock, Sign, Signatures, Units
from users.domain import signing
from users.domain.signing import SigningKey

log = logging.getLogger(__name__)

KNOWN_FOR = timedelta(seconds=60)  # far less than a new key is published before it signs


class KeyRing:
    """Keeps the keys at hand, and makes the first one and every later one when it is due. Any replica may; one does."""

    def __init__(self, units: Units, reading: Units, signatures: Signatures, clock: Clock) -> None:
        self._units = units
        self._reading = reading
        self._signatures = signatures
        self._clock = clock
        self._keys: list[SigningKey] = []
        self._read_at: datetime | None = None

    def public(self) -> list[dict[str, str]]:
        """The JWKs that verify today's tokens, the newest first. Raises Unavailable."""
        self._look()
        return [key.public for key in signing.published(self._keys, self._clock())]

    def signer(self) -> Sign:
        """Signs access tokens from now on. Ask before a unit of work is open. Raises Unavailable."""
        self._look()
        key = signing.signing(self._keys, self._clock())
        if key is None:
            raise Unavailable("there is no signing key")
        return self._signatures.signer(key)

    def problem(self) -> str | None:
        """For readiness: None while tokens can be signed."""
        try:
            self.signer()
        except Unavailable as error:
            return str(error) or error.code
        return None

    def renew(self) -> None:
        """Reads the keys, makes one if it is due and drops those nobody needs. Raises Unavailable."""
        now = self._clock()
        with self._reading() as unit:
            keys = unit.keys.all()
        if signing.next_signs_from(keys, now) is not None or signing.retired(keys, now):
            keys = self._turn(now)
        self._keys, self._read_at = keys, now

    def keep(self) -> bool:
        """`renew`, as a chore that is never done."""
        self.renew()
        return False

    def _turn(self, now: datetime) -> list[SigningKey]:
        with self._units() as unit:
            keys = unit.keys.hold()
            signs_from = signing.next_signs_from(keys, now)
            if signs_from is not None:
                made = self._signatures.make(signs_from)
                unit.keys.add(made)
                keys.append(made)
                log.info("made signing key %s, which signs from %s", made.id, signs_from)
            gone = {key.id for key in signing.retired(keys, now)}
            unit.keys.drop(sorted(gone))
        return [key for key in keys if key.id not in gone]

    def _look(self) -> None:
        if self._read_at is not None and self._clock() - self._read_at < KNOWN_FOR:
            return
        try:
            self.renew()
        except Unavailable:
            if not self._keys:
                raise
            log.warning("the signing keys could not be read again; those known go on")
