"""`python -m yeshi_local COMMAND`: the whole platform on this machine; without a command, which there are."""

import subprocess
import sys
import xmlrpc.client
from collections.abc import Callable

import psycopg2

from yeshi_local.commands.down import down, reset
from yeshi_local.commands.here import Trouble
from yeshi_local.commands.stories import demo, seed
from yeshi_local.commands.tools import dlq, mirror_check
from yeshi_local.commands.up import servers, up
from yeshi_local.commands.watching import logs, status
from yeshi_local.servers import ServerMissing

COMMANDS: dict[str, Callable[[], int | None]] = {
    "up": up,
    "servers": servers,
    "down": down,
    "status": status,
    "logs": logs,
    "reset": reset,
    "dlq": dlq,
    "mirror-check": mirror_check,
    "demo": demo,
    "seed": seed,
}


def main() -> int:
    """The command line. What a person can mend is a sentence, not a traceback."""
    command = COMMANDS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if command is None:
        print(f"usage: python -m yeshi_local {{{' | '.join(COMMANDS)}}}", file=sys.stderr)
        return 2
    try:
        return command() or 0
    except (Trouble, ServerMissing) as trouble:
        print(f"\n{trouble}", file=sys.stderr)
    except psycopg2.OperationalError as error:
        print(f"\nPostgreSQL cannot be used: {error}", file=sys.stderr)
    except (ConnectionRefusedError, FileNotFoundError) as error:
        print(f"\nnothing runs here ({error}): make up", file=sys.stderr)
    except (OSError, xmlrpc.client.Error, subprocess.SubprocessError) as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nstopped waiting; what was started goes on (make status, make down)", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
