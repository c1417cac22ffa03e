"""Work processes: steps go on whatever one of them raises, and SIGTERM ends them between two steps."""

import os
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise

import pytest

from chassis import context
from chassis.errors import Unavailable
from chassis.worker import Task, Worker
from yeshi_local.testing import until


@pytest.fixture
def run():
    """Runs tasks for the test."""
    workers = []

    def start(*tasks: Task) -> Worker:
        worker = Worker(tasks)
        workers.append(worker)
        worker.start()
        return worker

    yield start
    for worker in workers:
        worker.stop(5)


def test_a_step_that_found_work_is_called_again_at_once(run):
    left = list(range(100))

    def step() -> bool:
        return bool(left) and (left.pop() is not None)

    run(Task("drain", step, every=60))
    until(lambda: not left, 5)


def test_a_step_without_work_is_called_again_after_its_pause(run):
    calls: list[float] = []
    run(Task("idle", lambda: bool(calls.append(time.monotonic())), every=0.2))
    until(lambda: len(calls) == 3)
    assert min(later - earlier for earlier, later in pairwise(calls)) >= 0.19


def test_threads_without_work_look_in_turns(run):
    calls: list[float] = []
    began = time.monotonic()
    run(Task("idle", lambda: bool(calls.append(time.monotonic())), every=0.2, threads=4))
    until(lambda: len(calls) >= 12)
    assert calls[11] - began >= 8 * 0.19  # the first four look at once, then one every pause


@pytest.mark.parametrize("error", [RuntimeError("a bug"), Unavailable("the database is away")])
def test_a_step_that_raises_is_called_again_a_little_later(run, error):
    calls: list[float] = []

    def step() -> bool:
        calls.append(time.monotonic())
        if len(calls) < 3:
            raise error
        return False

    worker = run(Task("fragile", step, every=0.05))
    until(lambda: len(calls) > 3)
    assert calls[1] - calls[0] >= 0.39  # twice the shortest pause …
    assert calls[2] - calls[1] >= 0.79  # … and twice that
    assert worker.problem() is None


def test_a_worker_that_has_not_begun_says_so():
    assert Worker([Task("waits", lambda: False)]).problem() == "starting"


def test_several_threads_run_a_step_side_by_side(run):
    met: list[None] = []
    meeting = threading.Barrier(3, action=lambda: met.append(None), timeout=20)
    run(Task("together", lambda: meeting.wait() < 0, every=60, threads=3))
    until(lambda: met)


def test_every_step_has_a_trace_of_its_own(run):
    traces: list[str | None] = []

    def step() -> bool:
        traces.append(context.current().trace_id)
        return len(traces) < 3

    run(Task("traced", step, every=60))
    until(lambda: len(traces) == 3)
    assert len(set(traces)) == 3
    assert None not in traces


def test_stop_waits_for_the_step_under_way_and_no_longer_than_its_grace(run):
    under_way, go_on = threading.Event(), threading.Event()

    def step() -> bool:
        under_way.set()
        return not go_on.wait(10)

    worker = run(Task("slow", step, every=60))
    under_way.wait(5)
    assert worker.stop(0.1) is False
    go_on.set()
    assert worker.stop(5) is True
    assert worker.problem() == "not running: slow-0"


def test_all_steps_share_one_grace(run):
    under_way, go_on = threading.Semaphore(0), threading.Event()

    def step() -> bool:
        under_way.release()
        return not go_on.wait(20)

    worker = run(Task("slow", step, every=60, threads=8))
    for _ in range(8):
        under_way.acquire()
    began = time.monotonic()
    assert worker.stop(0.5) is False
    assert time.monotonic() - began < 8 * 0.5
    go_on.set()


PROCESS = """
import sys, time
from chassis.settings import Settings
from chassis.worker import Task, run
def step():
    print("begun", flush=True); time.sleep(1); print("done", flush=True); return False
closed = lambda: print("closed", flush=True)
sys.exit(run("w", settings=Settings(), tasks=[Task("t", step)], checks={}, on_stopped=closed))
"""


def test_sigterm_ends_the_step_under_way_and_then_the_process():
    process = subprocess.Popen([sys.executable, "-c", PROCESS], stdout=subprocess.PIPE, text=True, env={**os.environ})
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "begun":
            break
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=20)
    assert [line for line in rest.splitlines() if not line.startswith("{")] == ["done", "closed"]
    assert process.returncode == 0
