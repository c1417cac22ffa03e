"""`python -m <service> <command>`: one-shot steps and processes of a service, named where they are found.

Entry points are imported only when their command runs, since a green process has to be patched before anything else.
"""

import importlib
import sys
from typing import NoReturn


def main(**commands: str) -> NoReturn:
    """Runs the command named on the command line. `commands` maps it to `module:function`.

    The function gets the remaining arguments and may answer an exit status.
    """
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in commands:
        program = sys.argv[0].rpartition("/src/")[2].partition("/")[0] or "service"
        print(f"usage: python -m {program} {{{' | '.join(commands)}}}", file=sys.stderr)  # noqa: T201
        raise SystemExit(2)
    module, _, function = commands[name].partition(":")
    if name == "service" and module.endswith(".entrypoints.service"):
        _patch()
    raise SystemExit(getattr(importlib.import_module(module), function)(sys.argv[2:]) or 0)


def _patch() -> None:
    """Makes the process green. nameko's services are started this way only, so nothing is imported before."""
    import warnings

    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    import eventlet

    eventlet.monkey_patch()  # without arguments: it makes psycopg2 green too
