"""Two of the service beside each other."""

import math
import time
import urllib.error
import urllib.request
from collections import Counter

import pytest

from chassis.errors import Refusal
from chassis.ids import uuid7
from yeshi_local.testing import until


@pytest.fixture(scope="module")
def two(empty_world):
    """Two replicas that start at the same time on an empty database."""
    empty_world.start_all("service", "service")
    return empty_world


def test_two_replicas_make_one_key(two):
    assert two.rows("SELECT count(*) FROM signing_keys") == [(1,)]
    answers = two.together(*[("jwks", None, None)] * 10)
    assert {answer["keys"][0]["kid"] for answer in answers} == {
        kid for (kid,) in two.rows("SELECT kid FROM signing_keys")
    }
    private = two.rows("SELECT sealed_private FROM signing_keys")[0][0]
    assert b"PRIVATE" not in bytes(private)


def outcomes(answers) -> Counter:
    return Counter(answer.code if isinstance(answer, Refusal) else "ok" for answer in answers)


def a_registration(number: int, client_ip: str) -> tuple:
    payload = {
        "user_id": str(uuid7()),
        "session_id": str(uuid7()),
        "email": f"{client_ip}-{number}@yeshi.test".replace(":", "-"),
        "password": "correct horse battery",
        "name": "王小明",
        "client_ip": client_ip,
    }
    return ("register", None, payload)


def test_two_replicas_count_a_client_together(two):
    began = time.monotonic()
    answers = two.together(*(a_registration(number, "192.0.2.7") for number in range(60)))
    meanwhile = time.monotonic() - began
    found = outcomes(answers)
    assert 20 <= found["ok"] <= 20 + meanwhile // 2  # the burst, and one more every two seconds
    assert found["ok"] + found["too_many_requests"] == 60
    refusal = next(answer for answer in answers if isinstance(answer, Refusal))
    assert refusal.kind == "too_many"
    assert 1 <= refusal.fields["retry_after"] <= 3
    assert outcomes(two.together(a_registration(0, "192.0.2.8"))) == {"ok": 1}


def test_two_replicas_count_an_accounts_failures_together(two):
    two.register(email="target@yeshi.test")
    wrong = {"email": "target@yeshi.test", "password": "wrong password", "client_ip": "192.0.2.9"}
    began = time.monotonic()
    answers = two.together(*(("login", None, {**wrong, "session_id": str(uuid7())}) for _ in range(30)))
    meanwhile = time.monotonic() - began
    found = outcomes(answers)
    assert found["ok"] == 0
    # ten are free, then one after a second, one after two more, four more …
    assert 10 <= found["invalid_credentials"] <= 10 + math.floor(math.log2(meanwhile + 1))
    assert found["invalid_credentials"] + found["too_many_requests"] == 30


def test_an_address_is_taken_by_one_of_many(two):
    calls = [("register", None, {**a_registration(n, "")[2], "email": "one@yeshi.test"}) for n in range(12)]
    assert outcomes(two.together(*calls)) == {"ok": 1, "email_taken": 11}


def test_a_replica_with_another_secret_is_not_ready_and_says_why(two):
    program = two.start(wait=False, KEY_ENCRYPTION_SECRET="another secret of this test world")

    def problems() -> str:
        try:
            with urllib.request.urlopen(f"{program.health}/readyz", timeout=2) as answer:  # noqa: S310 - loopback
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()

    until(lambda: "sealed with another KEY_ENCRYPTION_SECRET" in problems())
    assert program.stop() == 0
    assert two.rows("SELECT count(*) FROM signing_keys") == [(1,)]


def test_production_refuses_what_is_for_benches(two):
    status, said = two.once("service", YESHI_ENV="production", LIMIT_FACTOR=10)
    assert status == 2
    assert "LIMIT_FACTOR is for benches and refused in production" in said
