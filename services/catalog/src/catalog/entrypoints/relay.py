"""`relay`: publishes catalog's outbox, for deployments with one relay per service."""

import asyncio

import msgspec

from catalog.settings import CatalogSettings
from chassis import logs
from chassis.relay import RelaySettings, serve
from chassis.settings import load_or_exit


def main(_arguments: list[str]) -> int:
    """The process."""
    settings = load_or_exit(CatalogSettings)
    logs.configure("catalog-relay", settings.log_level)
    relay = RelaySettings(
        yeshi_env=settings.yeshi_env,
        log_level=settings.log_level,
        health_host=settings.health_host,
        health_port=settings.health_port,
        amqp_url=settings.amqp_url,
        relay_dsns=msgspec.json.encode({"catalog": settings.postgres_dsn}).decode(),
    )
    asyncio.run(serve(relay))
    return 0
