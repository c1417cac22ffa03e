"""The commands that are the same in every service with a PostgreSQL database: `migrate` and `relay`."""

import json

from chassis import logs, relay
from chassis.postgres.migrate import migrate as apply
from chassis.relay import RelaySettings
from chassis.settings import Settings, load_or_exit


class DatabaseSettings(Settings, frozen=True, kw_only=True):
    """For commands that need the database alone. `postgres_dsn` is a postgresql:// URL of the service's own role."""

    secrets = frozenset({"postgres_dsn"})

    postgres_dsn: str


class BusSettings(DatabaseSettings, frozen=True, kw_only=True):
    """The database and the bus."""

    secrets = frozenset({"amqp_url", "postgres_dsn"})

    amqp_url: str


def migrate(package: str) -> int:
    """Brings the database of a package up to date. Repeating it changes nothing."""
    settings = load_or_exit(DatabaseSettings)
    logs.configure(package, settings.log_level)
    apply(settings.postgres_dsn, package)
    return 0


def relay_one(package: str) -> int:
    """Publishes one package's outbox until SIGTERM, for deployments with a relay per service."""
    settings = load_or_exit(BusSettings)
    logs.configure(f"{package}-relay", settings.log_level)
    one = RelaySettings(
        yeshi_env=settings.yeshi_env,
        log_level=settings.log_level,
        health_host=settings.health_host,
        health_port=settings.health_port,
        amqp_url=settings.amqp_url,
        relay_dsns=json.dumps({package: settings.postgres_dsn}),
    )
    return relay.serve(one)
