"""LINE Login, LIFF and mailed links through the real process, with LINE's double and stand-ins for the services."""

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from chassis.errors import Kind, Refusal
from yeshi_local.kit.world import line_double

CHANNEL, SECRET = "2000000002", "local-line-login-secret-00000002"
USER = {"user_id": "u", "email": None, "name": "小美", "roles": [], "created_at": "2026-01-01T00:00:00Z", "version": 1}
SESSION = {"user": USER, "access_token": "acc", "refresh_token": "ref", "expires_in": 600}


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    with line_double(tmp_path_factory.mktemp("line")) as double:
        yield double


@pytest.fixture(scope="module")
def gateway(world, line):
    return world.start(
        LINE_LOGIN_CHANNEL_ID=CHANNEL,
        LINE_LOGIN_CHANNEL_SECRET=SECRET,
        LINE_ACCESS_URL=line.url,
        LINE_API_URL=line.url,
    )


@pytest.fixture
def behind(behind):
    behind.on("users.login_line", SESSION)
    behind.on("users.link_line", None)
    return behind


def begin(http, **options) -> tuple[str, dict[str, str]]:
    """Where LINE is, and the cookie."""
    answer = http.get("/v1/auth/line/authorize", **options)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"], {"cookie": answer.headers["set-cookie"].partition(";")[0]}


def agree(line, address: str, user: str) -> str:
    """The path and query that the person's browser comes back with."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    answer = line.http.post("/oauth2/v2.1/authorize", data={**asked, "user_id": user, "decision": "allow"})
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def test_a_browser_is_logged_in_by_cookies_that_scripts_cannot_read(http, behind, line):
    user = line.user("小美", email="mei@example.tw")
    where, cookie = begin(http, params={"next": "/docs"})
    answer = http.get(agree(line, where, user), headers=cookie)
    assert (answer.status_code, answer.headers["location"]) == (303, "/docs")
    cookies = {one.partition("=")[0]: one for one in answer.headers.get_list("set-cookie")}
    for name in ("__Host-yeshi_access", "__Host-yeshi_refresh"):
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookies[name].split("; "))
    assert "Max-Age=0" in cookies["__Host-yeshi_line"]
    ((principal, payload),) = behind.asked("users.login_line")
    assert principal is None
    assert (payload["line_user_id"], payload["name"], payload["client_ip"]) == (user, "小美", "127.0.0.1")
    assert payload["user_id"] != payload["session_id"]


def test_a_link_is_made_for_whoever_began_it(http, behind, line, person):
    user = line.user("阿明")
    where, cookie = begin(http, params={"link": 1}, headers=person.headers)
    answer = http.get(agree(line, where, user), headers=cookie)
    assert (answer.status_code, answer.headers["location"]) == (303, "/line/done")
    ((principal, payload),) = behind.asked("users.link_line")
    assert (principal["user_id"], payload) == (person.user_id, {"line_user_id": user})
    assert behind.asked("users.login_line") == []


def test_a_refusal_is_a_problem_for_programs_and_a_page_for_browsers(http, behind, line, person):
    class Taken(Refusal):
        code = "line_taken"
        kind = Kind.CONFLICT

    def taken(*_):
        raise Taken("it belongs to another account")

    behind.on("users.link_line", taken)
    user = line.user("阿明")
    for accept in ("application/json", "text/html"):
        where, cookie = begin(http, params={"link": 1}, headers=person.headers)
        answer = http.get(agree(line, where, user), headers={**cookie, "accept": accept})
        assert answer.status_code == 409
        assert "Max-Age=0" in answer.headers["set-cookie"]
        if accept == "text/html":
            assert "已經綁定其他會員" in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
        else:
            assert answer.json()["code"] == "line_taken"


def test_line_being_slow_holds_up_nobody_else(http, behind, line, person, gateway):
    behind.on("users.me", USER)
    user = line.user("慢慢來")
    where, cookie = begin(http)
    back = agree(line, where, user)
    rule = line.fault("login.token", "slow", seconds=20, times=1)
    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool, httpx.Client(base_url=gateway.url, timeout=20) as other:
        slow = pool.submit(http.get, back, headers=cookie, timeout=20)
        time.sleep(0.3)
        for _ in range(20):
            assert other.get("/v1/me", headers=person.headers).status_code == 200
        assert not slow.done()
        answer = slow.result()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "retry-after" in answer.headers
    assert time.monotonic() - started < 12
    assert behind.asked("users.login_line") == []
    line.control("DELETE", f"faults/{rule}")


def test_a_liff_app_gets_a_session_in_cookies_or_in_the_body(http, behind, line):
    token = line.liff_token(line.user("LIFF"))["id_token"]
    answer = http.post("/v1/auth/liff", json={"id_token": token})
    assert (answer.status_code, answer.json()) == (200, SESSION)
    answer = http.post("/v1/auth/liff", json={"id_token": token}, headers={"x-yeshi-client": "web"})
    assert "access_token" not in answer.json()
    assert answer.json()["csrf_token"]
    forged = line.liff_token(line.user("偽造"), forged=True)["id_token"]
    behind.calls.clear()
    answer = http.post("/v1/auth/liff", json={"id_token": forged})
    assert (answer.status_code, answer.json()["code"]) == (401, "line_token_invalid")
    assert behind.asked("users.login_line") == []


def test_without_a_channel_there_is_no_line_login(world, behind):
    program = world.start()
    with httpx.Client(base_url=program.url, timeout=10) as http:
        for answer in (
            http.get("/v1/auth/line/authorize"),
            http.get("/v1/auth/line/callback", params={"state": "x", "code": "y"}),
            http.post("/v1/auth/liff", json={"id_token": "x"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    program.stop()


def test_mailed_links_and_passwords_reach_users(http, behind, person):
    for method in ("verify_email", "resend_verification", "forgot_password", "reset_password", "change_password"):
        behind.on(f"users.{method}", None)
    assert http.post("/v1/auth/verify-email", json={"token": "t"}).status_code == 204
    assert http.post("/v1/auth/verify-email/resend", headers=person.headers).status_code == 204
    assert http.post("/v1/auth/password/forgot", json={"email": "a@example.tw"}).status_code == 204
    assert http.post("/v1/auth/password/reset", json={"token": "t", "password": "x" * 12}).status_code == 204
    body = {"current_password": "a" * 12, "new_password": "b" * 12}
    assert http.post("/v1/me/password", json=body, headers=person.headers).status_code == 204
    assert http.post("/v1/me/password", json=body).status_code == 401
    assert behind.asked("users.forgot_password") == [(None, {"email": "a@example.tw", "client_ip": "127.0.0.1"})]
    ((principal, payload),) = behind.asked("users.change_password")
    assert (principal["session_id"], payload) == (person.session_id, body)


def test_an_account_goes_with_its_cookies_unless_orders_are_open(http, behind, person):
    behind.on("orders.list_orders", {"items": [], "next_cursor": None})
    behind.on("orders.seller_dashboard", {"counts": {"to_ship": 1}, "orders_today": 0, "revenue_today": 0})
    behind.on("users.delete_account", None)
    answer = http.request("DELETE", "/v1/me", json={"password": "x" * 12}, headers=person.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "orders_open")
    assert behind.asked("users.delete_account") == []
    behind.on("orders.seller_dashboard", {"counts": {}, "orders_today": 0, "revenue_today": 0})
    answer = http.request("DELETE", "/v1/me", json={"password": "x" * 12}, headers=person.headers)
    assert answer.status_code == 204
    assert sum("Max-Age=0" in one for one in answer.headers.get_list("set-cookie")) == 3
    assert http.delete("/v1/me", headers=person.headers).status_code == 204
    assert [payload for _, payload in behind.asked("users.delete_account")] == [
        {"password": "x" * 12},
        {"password": None},
    ]
