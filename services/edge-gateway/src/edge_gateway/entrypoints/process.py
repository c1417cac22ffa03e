"""The process: RPC and events on asyncio, MQTT on threads beside it. It is never made green."""

import asyncio
import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from chassis import health, logs
from chassis.aio import Bus
from chassis.aio.consumer import EventConsumer
from chassis.aio.server import RpcServer
from chassis.decode import Principal
from chassis.events import EventInbox
from chassis.postgres import Pool
from chassis.settings import load_or_exit
from chassis.worker import Task, Worker
from edge_gateway.adapters.mqtt_address import Address
from edge_gateway.adapters.mqtt_control import MosquittoControl
from edge_gateway.adapters.mqtt_session import MqttSession
from edge_gateway.adapters.postgres_lease import SessionLease
from edge_gateway.bootstrap import build
from edge_gateway.domain.flood import Allowance
from edge_gateway.entrypoints import events
from edge_gateway.entrypoints.duty import Duty, Housekeeping
from edge_gateway.entrypoints.methods import Methods
from edge_gateway.settings import EdgeSettings

log = logging.getLogger(__name__)

SERVICE = "edge-gateway"
GRACE = 8.0  # seconds to drain; a supervisor kills a little later
CATALOG_DEADLINE = 2.0
FORGET_EVERY = 3600.0


class Process:
    """Everything that lives as long as the process."""

    def __init__(self, settings: EdgeSettings) -> None:
        address = Address.of(settings.mqtt_url)
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(settings.pool_size, thread_name_prefix="call"))
        self.pool = Pool(settings.postgres_dsn, size=settings.pool_size, name="edge")
        # What devices count never queues for a connection behind people's questions.
        self.intake_pool = Pool(settings.postgres_dsn, size=4, name="edge-intake")
        self.bus = Bus(settings.amqp_url, SERVICE)
        control = MosquittoControl(address, settings.mqtt_admin_username, settings.mqtt_admin_password)
        app = build(self.pool, control)
        methods = Methods(app, self.ask_catalog, settings.mqtt_public_host, settings.mqtt_public_port)
        self.server = RpcServer(self.bus, SERVICE, methods.table())
        self.events = EventConsumer(self.bus, EventInbox(SERVICE, self.pool, events.router(app)))
        counting = build(self.intake_pool, control)
        self.duty = Duty(
            SessionLease(self.intake_pool),
            control,
            partial(_session, address, settings.session_expiry_seconds),
            counting,
            Allowance(settings.device_rate, settings.device_burst),
        )
        house = Housekeeping(self.duty, counting, self.intake_pool)
        self.worker = Worker(
            [
                Task("session", self.duty.step, every=1.0),
                Task("reconcile", house.reconcile, every=settings.reconcile_seconds),
                Task("forget", house.forget, every=FORGET_EVERY),
            ]
        )

    def ask_catalog(self, principal: Principal, method: str, payload: dict[str, Any]) -> Any:
        """Catalog's answer, for code that runs in a thread. Raises catalog's Refusal, Unavailable."""
        call = self.bus.rpc("catalog", method, principal, payload, timeout=CATALOG_DEADLINE)
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()

    def readiness(self) -> health.Readiness:
        """What must be there."""
        checks = health.Readiness()
        checks.add("database", self.pool.problem)
        checks.add("rpc", self.server.problem)
        checks.add("events", self.events.problem)
        checks.add("mqtt", lambda: self.duty.problem)
        checks.add("tasks", self.worker.problem)
        return checks

    def start(self) -> None:
        """Begins everything; what is not there yet is waited for."""
        self.bus.start()
        self.events.start()
        self.worker.start()

    async def stop(self) -> bool:
        """Ends what is under way; answers whether that was possible in time."""
        ended = await asyncio.gather(
            self.server.stop(GRACE), self.events.stop(GRACE), asyncio.to_thread(self._stop_threads)
        )
        await self.bus.close()
        self.pool.close()
        self.intake_pool.close()
        return all(ended)

    def _stop_threads(self) -> bool:
        ended = self.worker.stop(GRACE)
        self.duty.stop()
        return ended


def _session(address: Address, expiry: int, client_id: str, username: str, password: str) -> MqttSession:
    return MqttSession(address, client_id, username, password, expiry=expiry)


async def serve(settings: EdgeSettings) -> int:
    """Until SIGTERM, then drains. Answers the exit status."""
    process = Process(settings)
    readiness = process.readiness()
    pages = health.serve(settings.health_host, settings.health_port, readiness)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    process.start()
    log.info("%s serves", SERVICE)
    await stopping.wait()
    readiness.drain()
    clean = await process.stop()
    if pages:
        pages.stop()
    log.info("%s has stopped", SERVICE)
    return 0 if clean else 1


def main(_arguments: list[str]) -> int:
    """`python -m edge_gateway service`."""
    settings = load_or_exit(EdgeSettings)
    logs.configure(SERVICE, settings.log_level)
    return asyncio.run(serve(settings))
