"""`migrate`: the database is brought up to date."""

from catalog.settings import DatabaseSettings
from chassis import logs
from chassis.postgres.migrate import migrate
from chassis.settings import load_or_exit


def main(_arguments: list[str]) -> int:
    """Applies what is missing. Repeating it changes nothing."""
    settings = load_or_exit(DatabaseSettings)
    logs.configure("catalog", settings.log_level)
    migrate(settings.postgres_dsn, "catalog")
    return 0
