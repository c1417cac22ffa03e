"""Places where a fault test may let a process die as if by SIGKILL. They do nothing unless CRASH_AT names one.

`CRASH_AT=outbox.after_publish:3` kills the process the third time it gets there; without a number, the first time.
With CRASH_ONCE naming a file, only the first process to get there dies, so that its restarted self lives on.
Production mode refuses to start with CRASH_AT set.
"""

import os
import signal
from contextlib import suppress

BEFORE_COMMIT = "transaction.before_commit"
AFTER_COMMIT = "transaction.after_commit"
AFTER_PUBLISH = "outbox.after_publish"
AFTER_HANDLER = "consumer.after_handler"
POINTS = frozenset({BEFORE_COMMIT, AFTER_COMMIT, AFTER_PUBLISH, AFTER_HANDLER})

_point, _, _nth = os.environ.get("CRASH_AT", "").partition(":")
_left = int(_nth or 1)


def check() -> None:
    """Refuses what must not be: a crash point in production, or one that does not exist. Raises ValueError."""
    if _point and os.environ.get("YESHI_ENV") == "production":
        raise ValueError("CRASH_AT is set in production")
    if _point and _point not in POINTS:
        raise ValueError(f"CRASH_AT names no crash point: {_point}")


def reach(point: str) -> None:
    """Dies here if this is the place and the time."""
    global _left
    if point != _point:
        return
    _left -= 1
    if _left > 0:
        return
    if once := os.environ.get("CRASH_ONCE"):
        with suppress(FileExistsError):
            os.close(os.open(once, os.O_CREAT | os.O_EXCL))
            os.kill(os.getpid(), signal.SIGKILL)
        return
    os.kill(os.getpid(), signal.SIGKILL)
