"""Accounts through the real process."""

import pytest

from chassis.errors import Kind, Refusal

USER = {
    "user_id": "u",
    "email": "a@example.tw",
    "name": "阿明",
    "roles": [],
    "created_at": "2026-01-01T00:00:00Z",
    "version": 1,
}
SESSION = {"user": USER, "access_token": "acc", "refresh_token": "ref", "expires_in": 600}


class Taken(Refusal):
    code = "email_taken"
    kind = Kind.CONFLICT


def test_ids_are_made_at_the_door_and_the_address_goes_along(http, behind):
    behind.on("users.register", SESSION)
    answer = http.post("/v1/auth/register", json={"email": "a@example.tw", "password": "x" * 12, "name": "阿明"})
    assert answer.status_code == 201
    assert answer.json() == SESSION
    ((_, payload),) = behind.asked("users.register")
    assert payload["client_ip"] == "127.0.0.1"
    assert payload["user_id"] != payload["session_id"]
    assert payload["email"] == "a@example.tw"


def test_a_services_refusal_is_a_problem_document(http, behind):
    def refuse(*_):
        raise Taken("this address has an account", field="email")

    behind.on("users.register", refuse)
    answer = http.post("/v1/auth/register", json={"email": "a@example.tw", "password": "x" * 12, "name": "阿明"})
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "email_taken"
    assert answer.json()["fields"] == {"field": "email"}


def test_a_failure_nobody_foresaw_tells_no_internals(http, behind, person):
    def fail(*_):
        raise ZeroDivisionError("secret detail")

    behind.on("users.me", fail)
    answer = http.get("/v1/me", headers=person.headers)
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "secret" not in answer.text


def test_a_web_page_gets_its_tokens_in_cookies_that_scripts_cannot_read(http, behind):
    behind.on("users.login", SESSION)
    answer = http.post(
        "/v1/auth/login", json={"email": "a@example.tw", "password": "x" * 12}, headers={"x-yeshi-client": "web"}
    )
    assert answer.status_code == 200
    assert "access_token" not in answer.json()
    assert "refresh_token" not in answer.json()
    cookies = {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    for name in ("__Host-yeshi_access", "__Host-yeshi_refresh"):
        assert "HttpOnly" in cookies[name]
        assert "Secure" in cookies[name]
        assert "SameSite=lax" in cookies[name]
    assert "HttpOnly" not in cookies["__Host-yeshi_csrf"]
    assert answer.json()["csrf_token"] in cookies["__Host-yeshi_csrf"]


def test_a_cookie_alone_changes_nothing(http, behind, person):
    behind.on("users.patch_me", USER)
    cookies = {"__Host-yeshi_access": person.token, "__Host-yeshi_csrf": "page-token"}
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    for token in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "other"}):
        refused = http.patch("/v1/me", json={"name": "新"}, headers={"cookie": header, **token})
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    assert behind.asked("users.patch_me") == []
    done = http.patch("/v1/me", json={"name": "新"}, headers={"cookie": header, "x-csrf-token": "page-token"})
    assert done.status_code == 200
    ((principal, payload),) = behind.asked("users.patch_me")
    assert principal["user_id"] == person.user_id
    assert payload == {"name": "新"}


def test_a_cookie_is_enough_to_read(http, behind, person):
    behind.on("users.me", USER)
    assert http.get("/v1/me", headers={"cookie": f"__Host-yeshi_access={person.token}"}).json() == USER


def test_a_page_refreshes_with_its_cookie_and_its_token(http, behind):
    behind.on("users.refresh", SESSION)
    cookie = "__Host-yeshi_refresh=old; __Host-yeshi_csrf=page"
    assert http.post("/v1/auth/refresh", headers={"cookie": cookie}).status_code == 403
    answer = http.post("/v1/auth/refresh", headers={"cookie": cookie, "x-csrf-token": "page", "x-yeshi-client": "web"})
    assert answer.status_code == 200
    assert behind.asked("users.refresh") == [(None, {"refresh_token": "old"})]


def test_nobody_is_told_to_log_in(http, behind):
    answer = http.get("/v1/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert behind.calls == []


def test_a_revoked_session_is_refused_at_once(http, behind, world, person):
    from contracts.users import SessionRevokedV1
    from yeshi_local.testing import until

    behind.on("users.me", USER)
    assert http.get("/v1/me", headers=person.headers).status_code == 200
    behind.publish(SessionRevokedV1(session_id=person.session_id, until="2099-01-01T00:00:00Z"))
    until(lambda: http.get("/v1/me", headers=person.headers).json().get("code") == "session_revoked")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed"),
        (b"{", 400, "malformed"),
        (b'{"email": NaN}', 400, "malformed"),
        (b"[" * 5000, 400, "too_deep"),
        (b'{"email": "' + b"x" * 300_000 + b'"}', 413, "too_large"),
        (b'{"email": "a", "password": "b", "role": "admin"}', 422, "unknown_field"),
        (b'{"email": 1, "password": "b"}', 422, "invalid"),
        (b'{"email": "a"}', 422, "invalid"),
        (b'{"email": "\\ud800", "password": "b"}', 400, "malformed"),
    ],
)
def test_a_body_that_does_not_fit_never_reaches_a_queue(http, behind, body, status, code):
    answer = http.post("/v1/auth/login", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert behind.calls == []


def test_what_is_not_there_is_a_problem_document_too(http):
    for method, path, status, code in (
        ("GET", "/nothing", 404, "not_found"),
        ("PUT", "/v1/auth/login", 405, "method_not_allowed"),
        ("GET", "/v1/notifications?limit=abc", 401, "unauthenticated"),
    ):
        answer = http.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"


def test_every_answer_carries_the_security_headers(http):
    for path in ("/healthz", "/nothing", "/openapi.json"):
        headers = http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["server"] == "yeshi"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
