"""The pool in a green process: the same things that tests do with threads. `python pool.py` with POSTGRES_DSN.

Reads a line and answers one: `share` takes turns, `short` waits in vain, `query` asks once, `many` asks side by side.
"""

import os
import sys
import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
import eventlet

eventlet.monkey_patch()

import time

from chassis.errors import Refusal
from chassis.postgres import Pool

pool = Pool(os.environ["POSTGRES_DSN"], size=2, wait_seconds=3)


def sleep(seconds: float) -> None:
    """A query that takes a while."""
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", (seconds,))


def side_by_side(count: int, seconds: float) -> None:
    """So many queries at once."""
    for greenlet in [eventlet.spawn(sleep, seconds) for _ in range(count)]:
        greenlet.wait()


def answer(command: str) -> str:
    """What became of it."""
    started = time.monotonic()
    try:
        {
            "share": lambda: side_by_side(6, 0.2),
            "short": lambda: side_by_side(3, 4),
            "query": lambda: sleep(0),
            "many": lambda: side_by_side(2, 0),
        }[command]()
    except Refusal as refused:
        return refused.code
    return f"{time.monotonic() - started:.2f}"


for line in sys.stdin:
    print(answer(line.strip()), flush=True)
