"""The same service the usual nameko way, to show what it loses. `python stock.py` with AMQP_URL and FLAVOUR."""

import os
import signal
import sys
import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
import eventlet

eventlet.monkey_patch()

import itertools
import logging.config

from nameko.events import EventDispatcher, event_handler
from nameko.extensions import DependencyProvider, Entrypoint
from nameko.rpc import RpcProxy, rpc
from nameko.runners import ServiceRunner

LOGGING = {
    "version": 1,
    "disable_existing_loggers": os.environ.get("FLAVOUR") == "yaml-logging",
    "handlers": {"out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout"}},
    "root": {"level": "INFO", "handlers": ["out"]},
}


class Fragile(DependencyProvider):
    """What a database session provider does when the database is away."""

    def get_dependency(self, worker_ctx):
        """Fails when the flavour says so."""
        if os.environ.get("FLAVOUR") == "fragile":
            raise ConnectionError("database away")


class StockService:
    """Stock entry points only."""

    name = "stock"

    fragile = Fragile()
    dispatch = EventDispatcher()

    @event_handler("bench", "happened")
    def on_happened(self, payload):
        """Fails for poison, takes its time for slow ones, prints the rest."""
        if payload == "poison":
            raise RuntimeError("poison")
        if payload == "slow":
            print("begun slow", flush=True)
            eventlet.sleep(8)
        print("handled", payload, flush=True)

    @rpc
    def echo(self, payload):
        """The payload back."""
        return payload

    @rpc
    def slow(self, seconds):
        """Answers later."""
        eventlet.sleep(seconds)
        return seconds

    @rpc
    def publish(self):
        """Publishes."""
        self.dispatch("published", {})
        return True


class Ticker(Entrypoint):
    """Publishes again and again, so that an alarm finds it at it."""

    def start(self):
        """Begins."""
        self.container.spawn_managed_thread(self.run)

    def run(self):
        """One after the other."""
        for number in itertools.count():
            self.container.spawn_worker(self, (number,), {})
            eventlet.sleep(0.3)


class PublishingService(StockService):
    """One that publishes by itself."""

    @Ticker.decorator
    def tick(self, number):
        """Publishes, and says so when it has."""
        self.dispatch("published", number)
        print("published", number, flush=True)


class CallingService(StockService):
    """One that calls somebody who is not there any more."""

    other = RpcProxy("gone")

    @rpc
    def ask(self):
        """Asks the dead."""
        return self.other.echo()


def main() -> None:
    """The process, as `nameko run` builds it."""
    logging.config.dictConfig(LOGGING)
    runner = ServiceRunner(config={"AMQP_URI": os.environ["AMQP_URL"], "HEARTBEAT": 2})
    flavours = {"calling": CallingService, "publishing": PublishingService}
    runner.add_service(flavours.get(os.environ.get("FLAVOUR", ""), StockService))

    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
    runner.start()
    print("started", flush=True)
    try:
        runner.wait()
    except Exception as error:
        print(f"died: {type(error).__name__}: {error}", flush=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
