"""What a killed supervisord left behind is found by its socket, and by nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from yeshi_local import orphans
from yeshi_local.testing import until

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"


@pytest.fixture
def start():
    begun: list[subprocess.Popen[str]] = []

    def make(socket: Path, code: str = "import time; print('on', flush=True); time.sleep(60)") -> subprocess.Popen[str]:
        environment = {**os.environ, "SUPERVISOR_SERVER_URL": f"unix://{socket}"}
        process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        return process

    yield make
    for process in begun:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_those_of_another_socket_stay(start, tmp_path):
    ours, other = start(tmp_path / "a.sock"), start(tmp_path / "a.sock2")
    assert orphans.find(tmp_path / "a.sock") == [ours.pid]
    assert orphans.end(tmp_path / "a.sock") == 1
    assert not orphans.lives(ours.pid)
    assert orphans.lives(other.pid)


def test_one_that_will_not_end_is_killed(start, tmp_path, monkeypatch):
    monkeypatch.setattr(orphans, "GRACE", 0.3)
    stubborn = start(tmp_path / "a.sock", STUBBORN)
    assert orphans.end(tmp_path / "a.sock") == 1
    assert stubborn.wait(5) == -9


def test_whoever_asks_is_no_orphan(tmp_path, monkeypatch):
    asks = f"from yeshi_local import orphans; from pathlib import Path; print(orphans.find(Path({str(tmp_path)!r})))"
    environment = {**os.environ, "SUPERVISOR_SERVER_URL": f"unix://{tmp_path}"}
    done = subprocess.run([sys.executable, "-c", asks], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_zombie_does_not_live():
    child = subprocess.Popen([sys.executable, "-c", ""])
    until(lambda: not orphans.lives(child.pid), 20)
    assert Path(f"/proc/{child.pid}").exists()
    child.wait()
    assert not orphans.lives(child.pid)
