"""The three pages of a process."""

import json
import threading
from contextlib import closing
from http.client import HTTPConnection

import pytest

from chassis import health


@pytest.fixture
def readiness():
    return health.Readiness()


@pytest.fixture
def get(readiness):
    """Fetches a page: (status, type, body)."""
    server = health.HealthServer("127.0.0.1", 0, readiness)
    server.start()

    def fetch(path: str, method: str = "GET") -> tuple[int, str, bytes]:
        with closing(HTTPConnection("127.0.0.1", server.port, timeout=5)) as connection:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()

    yield fetch
    server.stop()


def test_alive_and_ready_are_different(get, readiness):
    readiness.add("database", lambda: "away")
    readiness.add("bus", lambda: None)
    assert get("/healthz") == (200, "application/json", b'{"status":"alive"}')
    status, kind, body = get("/readyz")
    assert (status, kind) == (503, "application/json")
    assert json.loads(body) == {"status": "not ready", "problems": {"database": "away"}}


def test_ready_when_nothing_is_missing_and_never_again_once_draining(get, readiness):
    readiness.add("database", lambda: None)
    assert get("/readyz")[0] == 200
    readiness.drain()
    status, _, body = get("/readyz")
    assert (status, json.loads(body)["problems"]) == (503, {"process": "draining"})
    assert get("/healthz")[0] == 200


def test_a_check_that_raises_is_a_problem_by_name(get, readiness):
    def broken() -> None:
        raise ZeroDivisionError("no")

    readiness.add("odd", broken)
    assert json.loads(get("/readyz")[2])["problems"] == {"odd": "ZeroDivisionError: no"}


def test_metrics_follow_readiness(get, readiness):
    get("/readyz")
    status, kind, body = get("/metrics")
    assert status == 200
    assert kind.startswith("text/plain")
    assert b"yeshi_ready 1.0" in body
    readiness.add("bus", lambda: "away")
    get("/readyz")
    assert b"yeshi_ready 0.0" in get("/metrics")[2]


def test_a_slow_check_keeps_no_other_page_waiting(get, readiness):
    go_on = threading.Event()
    readiness.add("slow", lambda: None if go_on.wait(10) else "late")
    asking = threading.Thread(target=get, args=("/readyz",))
    asking.start()
    assert get("/healthz")[0] == 200
    go_on.set()
    asking.join()


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/", "GET", 404), ("/readyz/", "GET", 404), ("/readyz", "POST", 501)]
)
def test_nothing_else_is_there(get, path, method, status):
    assert get(path, method)[0] == status


def test_a_head_has_no_body(get):
    assert get("/healthz", "HEAD") == (200, "application/json", b"")


def test_no_port_means_no_server(readiness):
    assert health.serve("127.0.0.1", 0, readiness) is None
