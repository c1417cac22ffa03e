"""Logging in: nobody learns who has an account, and guessing gets slow. Whether time tells: `python -m bench abuse`."""

import pytest

from chassis.ids import uuid7
from yeshi_local.abuse.logins import WRONG, attempt
from yeshi_local.story.api import Api
from yeshi_local.story.people import PASSWORD, Buyer

FREE, FACTOR = 10, 1000  # failures that cost nothing, and by how much the tests' platform widens limits


@pytest.fixture(scope="module")
def known(platform) -> Buyer:
    return Buyer(platform.url, "有帳號的人")


@pytest.mark.parametrize("path", ["/v1/auth/login", "/v1/auth/password/forgot"])
def test_the_answer_is_the_same_whether_or_not_there_is_an_account(platform, known, path):
    api = Api(platform.url)
    body = {"password": WRONG} if path.endswith("login") else {}
    answers = [
        api.send("POST", path, json={"email": email, **body}) for email in (known.email, f"{uuid7()}@example.com")
    ]
    first, second = ((one.status_code, one.content, sorted(_told(one))) for one in answers)
    assert first == second


def _told(answer) -> list[tuple[str, str]]:
    changing = ("date", "x-request-id", "content-length")
    return [(name, value) for name, value in answer.headers.items() if name not in changing]


FAILED_SO_OFTEN = """
    UPDATE login_failures SET failures = %s, blocked_until = now()
     WHERE last_at = (SELECT max(last_at) FROM login_failures) RETURNING failures
"""


def test_after_the_free_failures_even_the_right_password_has_to_wait(platform):
    """The tests' platform has limits that are wider by a factor, so most of the failures are put there."""
    person, api = Buyer(platform.url, "被猜的人"), Api(platform.url)
    assert attempt(api, person.email)[:1] == (401,)
    assert platform.rows("users", FAILED_SO_OFTEN, FREE * FACTOR - 2) == [(FREE * FACTOR - 2,)]
    assert attempt(api, person.email)[:1] == (401,)  # the last but one that costs nothing
    assert attempt(api, person.email, PASSWORD)[:1] == (200,)  # and a right one forgives all
    assert attempt(api, person.email)[:1] == (401,)
    assert platform.rows("users", FAILED_SO_OFTEN, FREE * FACTOR + 8) == [(FREE * FACTOR + 8,)]
    assert attempt(api, person.email)[:1] == (401,)
    for password in (WRONG, PASSWORD):
        answer = api.send("POST", "/v1/auth/login", json={"email": person.email, "password": password})
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
        assert int(answer.headers["retry-after"]) > 100  # seconds: it doubles with each failure


def test_a_guessed_at_address_without_an_account_has_to_wait_alike(platform):
    api, email = Api(platform.url), f"{uuid7()}@example.com"
    assert attempt(api, email)[:1] == (401,)
    platform.rows("users", FAILED_SO_OFTEN, FREE * FACTOR + 8)
    assert attempt(api, email)[:1] == (401,)
    assert attempt(api, email)[:1] == (429,)
