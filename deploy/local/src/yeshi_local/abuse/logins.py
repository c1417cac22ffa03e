"""Guessing at the door: how the two kinds of failure compare."""

import statistics
import time
from typing import Any

from chassis.ids import uuid7
from yeshi_local.story.api import Api

WRONG = "not-the-password-1"


def attempt(api: Api, email: str, password: str = WRONG) -> tuple[int, Any, float]:
    """One login: its status, what it answers, and the seconds it took."""
    started = time.perf_counter()
    answer = api.send("POST", "/v1/auth/login", json={"email": email, "password": password})
    return answer.status_code, answer.json(), time.perf_counter() - started


def difference(api: Api, email: str, pairs: int) -> float:
    """Between the failures of a known and an unknown address, in shares of the median; each pair side by side, so that
    load cancels out.
    """
    apart: list[float] = []
    took: list[float] = []
    for number in range(pairs):
        order = [email, f"{uuid7()}@example.com"]
        seconds = {one: attempt(api, one)[2] for one in (order if number % 2 else reversed(order))}
        apart.append(seconds[order[0]] - seconds[order[1]])
        took += seconds.values()
    return abs(statistics.median(apart)) / statistics.median(took)
