"""A restart, however rude, keeps retry keys, messages, tokens and payments."""

import contextlib
import signal
import subprocess
import sys
import threading
import time
import uuid

import httpx

from yeshi_local.line.client import LineDouble


def push(line, token, user, key):
    return line.http.post(
        "/v2/bot/message/push",
        json={"to": user, "messages": [{"type": "text", "text": "一次就好"}]},
        headers={"authorization": f"Bearer {token}", "x-line-retry-key": key},
    ).status_code


def push_in_vain(url, token, user):
    with contextlib.suppress(httpx.HTTPError), LineDouble(url) as line:
        push(line, token, user, str(uuid.uuid4()))


def test_a_killed_double_still_knows_what_it_accepted(program):
    key = str(uuid.uuid4())
    with LineDouble(program.url) as line:
        line.reset()
        user, token = line.user(), line.access_token()
        line.settings(quota=1)
        assert push(line, token, user, key) == 200
    program.stop(signal.SIGKILL)
    with (program.data / "journal.jsonl").open("ab") as journal:
        journal.write(b'["sends","99",{"seq":99,"ki')  # a write that the kill tore
    program.start()
    with LineDouble(program.url) as line:
        assert push(line, token, user, key) == 409
        assert push(line, token, user, str(uuid.uuid4())) == 429
        assert len(line.received(user)) == 1


def test_stopping_is_quick_even_with_a_call_held_by_a_fault(program, eventually):
    with LineDouble(program.url) as line:
        line.reset()
        user, token = line.user(), line.access_token()
        line.fault("push", "timeout_after_accept", seconds=60)
        held = threading.Thread(target=push_in_vain, args=(program.url, token, user), daemon=True)
        held.start()
        eventually(lambda: line.received(user) != [])
    started = time.monotonic()
    assert program.stop() == 0
    assert time.monotonic() - started < 6
    held.join(timeout=5)
    program.start()


def test_one_folder_serves_one_double(program):
    command = [sys.executable, "-m", "yeshi_local.line", "--port", "0", "--data", str(program.data)]
    second = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert second.returncode == 1
    assert "in use by another LINE double" in second.stderr
