"""`make-operator <email>`: gives an account the platform role `operator`. It counts from the next login or refresh."""

import sys

from chassis import logs
from chassis.commands import DatabaseSettings
from chassis.errors import Refusal
from chassis.postgres import Pool
from chassis.settings import load_or_exit
from users.bootstrap import profile_desk


def main(arguments: list[str]) -> int:
    """0 when the account has the role, 1 when there is no such account, 2 for a wrong command line."""
    if len(arguments) != 1:
        return _say("usage: python -m users make-operator <email>", 2)
    settings = load_or_exit(DatabaseSettings)
    logs.configure("users", settings.log_level)
    pool = Pool(settings.postgres_dsn, size=1, name="users-operators")
    try:
        known = profile_desk(pool).make_operator(arguments[0])
    except Refusal as refusal:
        return _say(f"{refusal.code}: {refusal.detail}", 1)
    finally:
        pool.close()
    if not known:
        return _say(f"there is no account with the e-mail address {arguments[0]}", 1)
    return _say(f"{arguments[0]} is an operator from the next login or refresh on", 0)


def _say(text: str, status: int) -> int:
    print(text, file=sys.stderr if status else sys.stdout)
    return status
