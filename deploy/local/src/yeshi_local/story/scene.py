"""How a story is told: step by step, each with its number, its time and what came of it."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeVar

from yeshi_local.machine import Machine

T = TypeVar("T")

PATIENCE = 20.0  # seconds for what travels by itself


@dataclass
class Scene:
    """What the steps share. `stack` ends at the end what they began; `sent` is when the order was, in epoch seconds."""

    here: Machine
    stack: ExitStack
    number: int = 0
    sent: float = 0.0

    def step(self, title: str, work: Callable[[], T], told: Callable[[T], str]) -> T:
        """Does one step and prints its line."""
        self.number += 1
        started = time.monotonic()
        result = work()
        elapsed = (time.monotonic() - started) * 1000
        print(f"{self.number:>3}. {elapsed:>8.0f} ms  {title}：{told(result)}", flush=True)
        return result

    def since_checkout(self, moment: float) -> str:
        """How long after the checkout was sent that was; `moment` in epoch seconds."""
        return f"結帳後 {(moment - self.sent) * 1000:.0f} ms after checkout"


def until(check: Callable[[], T | None], what: str) -> T:
    """Polls until the check answers something true, and answers that. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if answer := check():
            return answer
        time.sleep(0.02)
    raise TimeoutError(f"{what} 在 {PATIENCE:.0f} 秒內沒有來 did not come within {PATIENCE:.0f} s")
