"""`tell-languages`: tells everybody who listens which accounts read another language than the default."""

import sys

from chassis import logs
from chassis.commands import DatabaseSettings
from chassis.errors import Refusal
from chassis.postgres import Pool
from chassis.settings import load_or_exit
from users.bootstrap import profile_desk


def main(arguments: list[str]) -> int:
    """0 when all were told, 1 when the database is away, 2 for a wrong command line. It may be run again."""
    if arguments:
        return _say("usage: python -m users tell-languages", 2)
    settings = load_or_exit(DatabaseSettings)
    logs.configure("users", settings.log_level)
    pool = Pool(settings.postgres_dsn, size=1, name="users-languages")
    try:
        told = profile_desk(pool).tell_languages()
    except Refusal as refusal:
        return _say(f"{refusal.code}: {refusal.detail}", 1)
    finally:
        pool.close()
    return _say(f"told the language of {told} accounts", 0)


def _say(text: str, status: int) -> int:
    print(text, file=sys.stderr if status else sys.stdout)
    return status
