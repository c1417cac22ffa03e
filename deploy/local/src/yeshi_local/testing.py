"""Small hands for tests that wait for real processes."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(check: Callable[[], T], patience: float = 20) -> T:
    """Polls until the check answers something true, and answers that.

    Raises AssertionError with its last answer or error after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    last: object = None
    while time.monotonic() < deadline:
        try:
            answer = check()
            if answer:
                return answer
            last = answer
        except Exception as error:  # noqa: BLE001 - a check may fail in any way until it holds
            last = error
        time.sleep(0.05)
    raise AssertionError(f"not within {patience} s: {last!r}")


def ready(address: str) -> bool:
    """Whether the process whose pages are at this address says that it is ready."""
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        with error:  # an answer of 503 is an open connection too
            return False
