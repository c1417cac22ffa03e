"""Keeps the deny list true: what users tells over the bus, and what it told before we listened."""

import asyncio
import logging
from contextlib import suppress

from chassis import clock
from chassis.errors import Refusal
from contracts.users import SessionRevokedV1
from gateway.adapters.services import Services
from gateway.application.sessions import RevokedSessions

log = logging.getLogger(__name__)

LOOK_BACK = 660  # seconds: the life of an access token and a minute
RETRY_EVERY = 0.5


class SessionWatch:
    """Asks users for the sessions revoked lately whenever the event queue is new, until it has answered."""

    def __init__(self, services: Services, revoked: RevokedSessions) -> None:
        self._services = services
        self._revoked = revoked
        self._asking: asyncio.Task[None] | None = None

    def heard(self, event: SessionRevokedV1) -> None:
        """A session was revoked."""
        self._revoked.revoke(event.session_id, clock.parse(event.until).timestamp())

    def bound(self) -> None:
        """The queue is there: what was revoked before is asked for."""
        if self._asking is not None:
            self._asking.cancel()
        self._asking = asyncio.create_task(self._ask(), name="revoked-sessions")

    async def close(self) -> None:
        """Ends the question under way."""
        if self._asking is not None:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking

    async def _ask(self) -> None:
        told = False
        while True:
            try:
                found = await self._services.ask("users", "revoked_sessions", None, {"seconds": LOOK_BACK})
            except Refusal as error:
                if not told:
                    log.warning("users has not told yet which sessions were revoked: %s", error)
                    told = True
                await asyncio.sleep(RETRY_EVERY)
                continue
            for item in found["items"]:
                self._revoked.revoke(item["session_id"], clock.parse(item["until"]).timestamp())
            self._revoked.known = True
            return
