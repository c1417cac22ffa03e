"""Starts one of the peer's services as `nameko run` would: `run.py gateway|products|orders|bell|echo|schema`."""

import os
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
import eventlet

eventlet.monkey_patch()

import boto3  # noqa: F401 - the drivers ours has, so that memory is compared like with like
import psycopg2
import pymongo  # noqa: F401 - the same
from nameko.runners import ServiceRunner

sys.path.insert(0, str(Path(__file__).parent))
import services

SERVICES = {
    "gateway": services.GatewayService,
    "products": services.ProductsService,
    "orders": services.OrdersService,
    "bell": services.BellService,
    "echo": services.EchoService,
}


def schema() -> None:
    """Makes the tables."""
    with psycopg2.connect(os.environ["POSTGRES_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute((Path(__file__).parent / "schema.sql").read_text())


def main() -> None:
    """The process."""
    name = sys.argv[1]
    if name == "schema":
        schema()
        return
    address = f"127.0.0.1:{os.environ.get('HTTP_PORT', '8001')}"
    runner = ServiceRunner(config={"AMQP_URI": os.environ["AMQP_URL"], "WEB_SERVER_ADDRESS": address})
    runner.add_service(SERVICES[name])
    runner.start()
    print(f"{name} started", flush=True)
    runner.wait()


if __name__ == "__main__":
    main()
