"""The pages of invitations and of another e-mail address, in a real browser, at the width of a phone and of a desk."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from chassis.errors import Kind, Refusal, Unauthenticated
from yeshi_local.kit.browser import DESK, PHONE, page_of
from yeshi_local.testing import until

USER = {
    "user_id": "u",
    "email": "a@example.tw",
    "name": "小美",
    "roles": [],
    "created_at": "2026-01-01T00:00:00Z",
    "version": 1,
}
SMALLEST_TARGET = 40  # CSS pixels that a finger hits


class Wrong(Unauthenticated):
    code = "invalid_credentials"


class Over(Refusal):
    code = "invitation_over"
    kind = Kind.CONFLICT


class Spent(Refusal):
    code = "invalid_link"


class Taken(Refusal):
    code = "email_taken"
    kind = Kind.CONFLICT


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(request, gateway) -> Iterator[Page]:
    with page_of(gateway.url, request.param) as page:
        yield page


@pytest.fixture
def invited(behind, world):
    """Somebody with two invitations; what they answer leaves the list."""
    person = world.signer.person()
    waiting = [invitation("i-1", "寧夏茶行", "packer"), invitation("i-2", "饒河手工香皂與生活雜貨專門店", "owner")]

    def answer(_, payload):
        waiting[:] = [one for one in waiting if one["invitation_id"] != payload["invitation_id"]]
        return invitation(payload["invitation_id"], "x", "packer", state="accepted")

    behind.on("users.login", {"user": USER, "access_token": person.token, "refresh_token": "ref", "expires_in": 600})
    behind.on("users.logout", lambda *_: None)
    behind.on("catalog.list_my_invitations", lambda *_: {"items": list(waiting)})
    behind.on("catalog.accept_invitation", answer)
    behind.on("catalog.decline_invitation", answer)
    return person


def invitation(invitation_id: str, shop_name: str, role: str, state: str = "pending"):
    times = {"created_at": "2026-12-01T00:00:00Z", "expires_at": "2026-12-08T00:00:00Z"}
    return {
        "invitation_id": invitation_id,
        "shop_id": "s-1",
        "shop_name": shop_name,
        "role": role,
        "state": state,
        **times,
    }


def fits(page: Page) -> None:
    """Nothing sticks out to the side, the column is readable, and what is clicked is large enough for a finger."""
    wide = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]
    column = box(page.locator("main"))
    assert column["width"] <= 480
    middle = column["x"] + column["width"] / 2
    assert abs(middle - wide[1] / 2) < 10
    for button in page.get_by_role("button").all():
        if button.is_visible():
            assert box(button)["height"] >= SMALLEST_TARGET


def box(part: Locator) -> dict[str, float]:
    found = part.bounding_box()
    assert found is not None
    return dict(found)


def log_in(page: Page) -> None:
    page.get_by_label("電子郵件").fill("a@example.tw")
    page.get_by_label("密碼").fill("a long password")
    page.get_by_role("button", name="登入").click()


def test_who_is_invited_logs_in_and_answers_each(gateway, behind, invited, page):
    page.goto(f"{gateway.url}/account/invitations")
    fits(page)
    log_in(page)
    lines = page.get_by_role("listitem")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("寧夏茶行")
    expect(lines.first).to_contain_text("出貨人員")
    expect(page.get_by_label("密碼")).to_be_hidden()
    expect(page.get_by_text("登入後可以接受或婉拒")).to_be_hidden()
    fits(page)
    lines.first.get_by_role("button", name="接受").click()
    expect(lines).to_have_count(1)
    assert behind.asked("users.logout") == []
    lines.first.get_by_role("button", name="婉拒").click()
    expect(page.get_by_text("沒有等待回覆的邀請")).to_be_visible()
    ((principal, payload),) = behind.asked("catalog.accept_invitation")
    assert (principal["user_id"], payload) == (invited.user_id, {"invitation_id": "i-1"})
    assert [payload for _, payload in behind.asked("catalog.decline_invitation")] == [{"invitation_id": "i-2"}]
    # Asked from here: a page with our content policy lets nobody wait inside it by a string of code.
    until(lambda: page.evaluate("performance.getEntriesByName(location.origin + '/v1/auth/logout').length") == 1)
    fits(page)


def test_a_wrong_password_and_an_empty_form_are_said(gateway, behind, page):
    def refuse(*_):
        raise Wrong("email or password is wrong")

    behind.on("users.login", refuse)
    page.goto(f"{gateway.url}/account/invitations")
    page.get_by_role("button", name="登入").click()
    expect(page.get_by_role("alert")).to_contain_text("請輸入電子郵件和密碼")
    assert behind.asked("users.login") == []
    log_in(page)
    expect(page.get_by_role("alert")).to_contain_text("電子郵件或密碼不正確")
    expect(page.get_by_role("button", name="登入")).to_be_enabled()
    fits(page)


def test_an_invitation_that_is_over_is_said_and_leaves_the_list(gateway, behind, invited, page):
    def over(*_):
        behind.on("catalog.list_my_invitations", lambda *_: {"items": [invitation("i-2", "別家店", "manager")]})
        raise Over("revoked", state="revoked")

    behind.on("catalog.accept_invitation", over)
    page.goto(f"{gateway.url}/account/invitations")
    log_in(page)
    page.get_by_role("listitem").first.get_by_role("button", name="接受").click()
    expect(page.get_by_role("alert")).to_contain_text("這個邀請已經失效")
    expect(page.get_by_role("listitem")).to_have_count(1)


def test_a_shops_name_is_text_and_nothing_else(gateway, behind, invited, page):
    name = "<img src=x onerror=alert(1)><b>店</b>"
    behind.on("catalog.list_my_invitations", {"items": [invitation("i-1", name, "packer")]})
    page.goto(f"{gateway.url}/account/invitations")
    log_in(page)
    expect(page.get_by_role("listitem")).to_contain_text(name)
    fits(page)


def test_another_address_is_confirmed_by_a_click_and_not_by_looking(gateway, behind, page):
    behind.on("users.confirm_email", None)
    page.goto(f"{gateway.url}/account/change-email#token=tok-9")
    expect(page).to_have_url(f"{gateway.url}/account/change-email")
    expect(page.get_by_role("button")).to_be_enabled()
    fits(page)
    assert behind.asked("users.confirm_email") == []
    page.get_by_role("button").click()
    expect(page.get_by_text("已變更")).to_be_visible()
    expect(page.get_by_text("按下按鈕")).to_be_hidden()
    assert behind.asked("users.confirm_email") == [(None, {"token": "tok-9"})]
    fits(page)


@pytest.mark.parametrize(
    ("refusal", "said"), [(Spent, "這個連結已經用過或過期了"), (Taken, "這個電子郵件已經是另一個帳號的")]
)
def test_a_link_that_changes_nothing_says_why(gateway, behind, page, refusal, said):
    def refuse(*_):
        raise refusal("no")

    behind.on("users.confirm_email", refuse)
    page.goto(f"{gateway.url}/account/change-email#token=tok-9")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text(said)
    page.goto("about:blank")
    page.goto(f"{gateway.url}/account/change-email")
    expect(page.get_by_role("alert")).to_contain_text("這個連結已經用過或過期了")
    expect(page.get_by_role("button")).to_be_disabled()
    fits(page)
