"""`python -m <service> <command>`: one-shot steps and processes of a service, named where they are found.

Entry points are imported only when their command runs, since a green process has to be patched before anything else.
"""

import importlib
import os
import sys
from typing import NoReturn


def main(package: str, /, *, shared: tuple[str, ...] = ("migrate", "relay"), **commands: str) -> NoReturn:
    """Runs the command named on the command line.

    `commands` maps a name to `module:function`; the function gets the remaining arguments and may answer an exit
    status. The commands in `shared` are chassis.commands', the same for every service with a PostgreSQL database.
    """
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in commands:
        module, _, function = commands[name].partition(":")
        if name == "service" and module.endswith(".entrypoints.service"):
            _patch()
        raise SystemExit(getattr(importlib.import_module(module), function)(sys.argv[2:]) or 0)
    if name in shared:
        from chassis import commands as common

        raise SystemExit({"migrate": common.migrate, "relay": common.relay_one}[name](package))
    known = " | ".join([*commands, *shared])
    print(f"usage: python -m {package} {{{known}}}", file=sys.stderr)  # noqa: T201 - a command that answers a person
    raise SystemExit(2)


def _patch() -> None:
    """Makes the process green. nameko's services are started this way only, so nothing is imported before."""
    import warnings

    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    # A resolver in Python is two fifths of the CPU time of a start, and libpq resolves names by the C library anyway.
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
    # Found by name, like the entry points: an async process shares this module and must not depend on eventlet.
    importlib.import_module("eventlet").monkey_patch()  # without arguments: it makes psycopg2 green too
