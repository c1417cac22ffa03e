"""Which replica hears the devices, and what it does beside that.

Every replica tries for the lease each second. The one that has it makes the gateway's MQTT user anew, with a password
nobody else knows, and takes the session up: a replica that lost the lease without noticing is out by that.
"""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from chassis import clock
from chassis.errors import Unavailable
from chassis.postgres import Pool, transaction
from edge_gateway.adapters.mqtt_control import GATEWAY, MosquittoControl
from edge_gateway.adapters.mqtt_session import MqttSession
from edge_gateway.adapters.postgres_lease import SessionLease
from edge_gateway.adapters.postgres_readings import PostgresReadings
from edge_gateway.bootstrap import EdgeGateway, new_password
from edge_gateway.domain.flood import Allowance
from edge_gateway.entrypoints import measures
from edge_gateway.entrypoints.intake import Intake

log = logging.getLogger(__name__)

READINGS_KEPT = timedelta(days=90)
FORGOTTEN_AT_ONCE = 5000
FINISHING = 6.0  # seconds for the batch under way when the session is laid down

OpenSession = Callable[[str, str, str], MqttSession]


class Duty:
    """The session while this replica holds it. `open_session(client_id, username, password)` makes one."""

    def __init__(
        self,
        lease: SessionLease,
        control: MosquittoControl,
        open_session: OpenSession,
        app: EdgeGateway,
        allowance: Allowance,
    ) -> None:
        self._lease = lease
        self._control = control
        self._open_session = open_session
        self._app = app
        self._allowance = allowance
        self._session: MqttSession | None = None
        self._intake: threading.Thread | None = None
        self._reported = 0
        self.problem: str | None = "nobody is known to hold the MQTT session"

    @property
    def holding(self) -> bool:
        """Whether this replica hears the devices."""
        return self._session is not None

    def step(self) -> bool:
        """Takes the session up, keeps it or lays it down, as the lease says. Answers that there is no more to do."""
        try:
            held = self._lease.hold()
        except Unavailable as error:
            # Nobody can take the lease meanwhile, and nothing is acknowledged: the session may stay as it is.
            self.problem = f"the lease of the MQTT session cannot be asked for: {error}"
            return False
        if not held:
            self.lay_down()
            self.problem = None  # another replica hears them
            return False
        session = self._session
        if session is None or session.locked_out or not self._keeping:
            self.lay_down()
            try:
                session = self._take_up()
            except Unavailable as error:
                self.problem = f"the MQTT session cannot be taken up: {error}"
                log.warning("%s", self.problem)
                return False
        self._report(session)
        self.problem = session.problem
        return False

    def lay_down(self) -> None:
        """Ends the session after the batch under way; what is not acknowledged waits for the next holder."""
        session, self._session = self._session, None
        if session is None:
            return
        session.stop_taking()
        if self._intake is not None:
            self._intake.join(FINISHING)
        session.close()
        measures.holding.set(0)
        log.info("the MQTT session is laid down")

    def stop(self) -> None:
        """Lays it down and lets another replica have it at once."""
        self.lay_down()
        try:
            self._lease.release()
        except Unavailable as error:
            log.warning("the lease runs out by itself: %s", error)

    @property
    def _keeping(self) -> bool:
        return self._intake is not None and self._intake.is_alive()

    def _take_up(self) -> MqttSession:
        password = new_password()
        self._control.let_gateway_in(password)
        session = self._open_session(self._lease.client_id(), GATEWAY, password)
        self._intake = threading.Thread(
            target=Intake(session, self._app.counting, self._allowance).run, name="intake", daemon=True
        )
        session.open()
        self._intake.start()
        self._session, self._reported = session, 0
        measures.holding.set(1)
        log.info("the MQTT session is taken up")
        return session

    def _report(self, session: MqttSession) -> None:
        dropped = session.dropped
        measures.readings.labels("overflow").inc(dropped - self._reported)
        self._reported = dropped


class Housekeeping:
    """What the replica on duty does beside hearing devices."""

    def __init__(self, duty: Duty, app: EdgeGateway, pool: Pool) -> None:
        self._duty = duty
        self._app = app
        self._pool = pool

    def reconcile(self) -> bool:
        """Devices and the broker's book agree afterwards, as far as that can be. Raises Unavailable."""
        if not self._duty.holding:
            return False
        mended = self._app.devices.reconcile()
        if mended.revoked:
            log.warning("%s removed devices may still have been let in", len(mended.revoked))
        if mended.lost:
            log.error("the broker has lost the credentials of %s devices: they must be enrolled anew", len(mended.lost))
        return False

    def forget(self) -> bool:
        """Deletes old readings, a bounded number at a time; answers whether there may be more. Their minutes stay."""
        if not self._duty.holding:
            return False
        with transaction(self._pool) as tx:
            gone = PostgresReadings(tx.cursor).forget(clock.now() - READINGS_KEPT, FORGOTTEN_AT_ONCE)
        return gone == FORGOTTEN_AT_ONCE
