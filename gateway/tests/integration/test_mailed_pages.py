"""The pages of mailed links, and LINE Login, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from chassis.errors import Refusal
from yeshi_local.kit.browser import page_of
from yeshi_local.kit.world import World, line_double
from yeshi_local.ports import free_port

USER = {"user_id": "u", "email": None, "name": "小美", "roles": [], "created_at": "2026-01-01T00:00:00Z", "version": 1}


@pytest.fixture
def page(gateway):
    with page_of(gateway.url) as page:
        yield page


class Spent(Refusal):
    code = "invalid_link"


def test_a_password_is_reset_on_the_page_of_the_link(gateway, behind, page: Page):
    behind.on("users.reset_password", None)
    page.goto(f"{gateway.url}/account/reset-password#token=tok-1")
    expect(page).to_have_url(f"{gateway.url}/account/reset-password")  # the token has left the address bar
    page.get_by_label("新密碼").fill("another long password")
    page.get_by_role("button").click()
    expect(page.get_by_text("密碼已變更")).to_be_visible()
    assert behind.asked("users.reset_password") == [(None, {"token": "tok-1", "password": "another long password"})]


def test_an_address_is_proved_by_a_click_and_not_by_looking(gateway, behind, page: Page):
    behind.on("users.verify_email", None)
    page.goto(f"{gateway.url}/account/verify-email#token=tok-2")
    expect(page.get_by_role("button")).to_be_enabled()
    assert behind.asked("users.verify_email") == []
    page.get_by_role("button").click()
    expect(page.get_by_text("已驗證")).to_be_visible()
    assert behind.asked("users.verify_email") == [(None, {"token": "tok-2"})]


def test_a_spent_link_and_one_without_its_token_say_so(gateway, behind, page: Page):
    def refuse(*_):
        raise Spent("this link has been used or is too old")

    behind.on("users.verify_email", refuse)
    page.goto(f"{gateway.url}/account/verify-email#token=tok-3")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("已經用過或過期")
    page.goto(f"{gateway.url}/account/reset-password")
    expect(page.get_by_role("alert")).to_contain_text("已經用過或過期")
    expect(page.get_by_role("button")).to_be_disabled()


def test_a_browser_logs_in_with_line_and_keeps_the_session(world, behind, tmp_path):
    person = world.signer.person()
    session = {"user": USER, "access_token": person.token, "refresh_token": "ref", "expires_in": 600}
    behind.on("users.login_line", session)
    behind.on("users.me", USER)
    with line_double(tmp_path) as line:
        user = line.user("小美")
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        login = {"LINE_LOGIN_CHANNEL_ID": "2000000002", "LINE_LOGIN_CHANNEL_SECRET": "local-line-login-secret-00000002"}
        addresses = {"LINE_ACCESS_URL": line.url, "LINE_API_URL": line.url, "PUBLIC_URL": url, "HTTP_PORT": port}
        World.start(world, **login, **addresses)  # the door has to know its own address beforehand
        with page_of("http://127.0.0.1:") as page:
            page.goto(f"{url}/v1/auth/line/authorize")
            expect(page.get_by_role("heading")).to_have_text("用 LINE 登入")
            page.get_by_label("小美").check()
            page.get_by_role("button", name="同意").click()
            page.wait_for_url(f"{url}/line/done")
            expect(page.get_by_role("heading")).to_have_text("完成了")
            kept = {cookie["name"]: cookie for cookie in page.context.cookies()}
            assert kept["__Host-yeshi_access"]["httpOnly"]
            assert "__Host-yeshi_line" not in kept
            answer = page.goto(f"{url}/v1/me")
            assert answer is not None
            assert answer.json() == USER
    ((_, payload),) = behind.asked("users.login_line")
    assert payload["line_user_id"] == user
