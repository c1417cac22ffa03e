"""The process itself: what it refuses to start with, and how it goes."""

import os
import subprocess
import sys
import threading
import time

import httpx

from yeshi_local.testing import ready, until

USER = {"user_id": "u"}
SECRET = "a-secret-that-must-not-show"


def run(**environment):
    keep = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-m", "gateway", "service"],
        env={**keep, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_production_names_everything_that_is_missing_and_shows_no_secret():
    ended = run(YESHI_ENV="production", AMQP_URL=f"amqp://gateway:{SECRET}@mq/yeshi", LINE_CHANNEL_SECRET="short")
    assert ended.returncode == 2
    for name in ("LINE_CHANNEL_SECRET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"):
        assert name in ended.stderr
    assert SECRET not in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr


def test_production_refuses_wider_limits_and_a_door_without_tls():
    ended = run(
        YESHI_ENV="production",
        AMQP_URL="amqp://gateway:0123456789abcdef@mq/yeshi",
        LINE_CHANNEL_SECRET="0123456789abcdef",
        LINE_LOGIN_CHANNEL_SECRET="0123456789abcdef",
        S3_ACCESS_KEY_ID="0123456789abcdef",
        S3_SECRET_ACCESS_KEY="0123456789abcdef",
        LIMIT_FACTOR="10",
    )
    assert ended.returncode == 2
    assert "LIMIT_FACTOR" in ended.stderr
    assert "PUBLIC_URL" in ended.stderr


def test_a_request_under_way_is_answered_before_the_process_goes(world, person):
    asked = threading.Event()

    def slow(*_):
        asked.set()
        time.sleep(1.5)
        return USER

    world.behind.on("users.me", slow)
    program = world.start()
    answers = []
    asking = threading.Thread(target=lambda: answers.append(httpx.get(f"{program.url}/v1/me", headers=person.headers)))
    asking.start()
    assert asked.wait(10)
    assert program.stop() == 0
    asking.join(10)
    assert answers[0].status_code == 200
    assert answers[0].json() == USER


def test_it_opens_without_a_bus_and_is_ready_when_the_bus_is_there(world, rabbit_proxy):
    rabbit_proxy.close()
    port = world.amqp_url.rpartition(":")[2].partition("/")[0]
    program = world.start(wait=False, AMQP_URL=world.amqp_url.replace(f":{port}/", f":{rabbit_proxy.port}/"))
    until(lambda: httpx.get(f"{program.url}/healthz").status_code == 200)
    refused = httpx.get(f"{program.url}/readyz")
    assert refused.status_code == 503
    assert set(refused.json()["problems"]) == {"bus", "events", "sessions"}
    answer = httpx.get(f"{program.url}/v1/shops/s1")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert not ready(program.health)


def test_it_is_not_ready_before_users_has_told_the_ended_sessions(world, person):
    from chassis.errors import Unavailable

    def away(*_):
        raise Unavailable("users is not there")

    world.behind.on("users.revoked_sessions", away)
    program = world.start(wait=False)
    until(lambda: httpx.get(f"{program.url}/readyz").json()["problems"].keys() == {"sessions"})
    assert httpx.get(f"{program.url}/v1/me", headers=person.headers).status_code == 503
    ended = {"items": [{"session_id": person.session_id, "until": "2099-01-01T00:00:00Z"}]}
    world.behind.on("users.revoked_sessions", ended)
    until(lambda: ready(program.health))
    assert httpx.get(f"{program.url}/v1/me", headers=person.headers).json()["code"] == "session_revoked"
    world.behind.on("users.revoked_sessions", {"items": []})


def test_measures_tell_routes_and_no_ids(world, person):
    program = world.start()
    world.behind.on("catalog.get_shop", {})
    httpx.get(f"{program.url}/v1/shops/a-very-special-shop", headers=person.headers)
    text = httpx.get(f"{program.url}/metrics").text
    assert 'route="/v1/shops/{shop_id}"' in text
    assert "a-very-special-shop" not in text
    assert person.token not in text
    assert httpx.get(f"{program.health}/metrics").status_code == 200


def test_a_door_that_goes_serves_on_not_ready_until_a_proxy_has_noticed(world, person):
    world.behind.on("users.me", lambda *_: USER)
    program = world.start(DRAIN_SECONDS="3")
    stopping = threading.Thread(target=program.stop)
    with httpx.Client(base_url=program.url, headers=person.headers) as kept:
        assert "connection" not in kept.get("/v1/me").headers
        stopping.start()
        until(lambda: not ready(program.health))
        answer = kept.get("/v1/me")
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        assert httpx.get(f"{program.url}/v1/me", headers=person.headers).status_code == 200
    stopping.join()


def test_a_door_may_not_serve_on_for_longer_than_it_is_waited_for():
    ended = run(AMQP_URL="amqp://gateway:x@mq/yeshi", DRAIN_SECONDS="60")
    assert ended.returncode == 2
    assert "DRAIN_SECONDS" in ended.stderr
