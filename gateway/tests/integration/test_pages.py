"""The pages in a real browser: they show, they work, and they ask nobody but this host."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from yeshi_local.kit.browser import page_of

SESSION = {"user": {"user_id": "u"}, "access_token": "acc", "refresh_token": "ref", "expires_in": 600}


@pytest.fixture
def page(gateway) -> Iterator[Page]:
    """A browser that asks nobody but the gateway."""
    with page_of(gateway.url) as page:
        yield page


def test_the_documents_show_every_part_of_the_api(gateway, page):
    page.goto(f"{gateway.url}/docs")
    expect(page.get_by_text("夜市 Yeshi").first).to_be_visible(timeout=20_000)
    for tag in ("auth 會員", "products 商品", "orders 訂單", "bell 小鈴鐺"):
        expect(page.get_by_text(tag, exact=True).first).to_be_visible()
    page.get_by_text("cart 購物車", exact=True).first.click()
    page.get_by_text("/v1/checkout").first.click()
    expect(page.get_by_text("payment_method").first).to_be_visible()


def test_a_line_user_logs_in_binds_and_is_sent_on(gateway, behind, page, world):
    person = world.signer.person()
    behind.on("users.login", {**SESSION, "access_token": person.token})
    behind.on("users.logout", lambda *_: None)
    onward = f"{gateway.url}/healthz?nonce=n1"
    behind.on("users.bind_line", {"nonce": "n1", "expires_in": 600, "url": onward})
    page.goto(f"{gateway.url}/line/bind?linkToken=token-1")
    page.get_by_label("電子郵件").fill("a@example.tw")
    page.get_by_label("密碼").fill("a long password")
    page.get_by_role("button").click()
    page.wait_for_url(onward)
    ((principal, payload),) = behind.asked("users.bind_line")
    assert (principal["user_id"], payload) == (person.user_id, {"link_token": "token-1"})
    assert behind.asked("users.logout")


def test_a_wrong_password_is_said_and_can_be_tried_again(gateway, behind, page):
    from chassis.errors import Unauthenticated

    def refuse(*_):
        raise Unauthenticated("email or password is wrong")

    behind.on("users.login", refuse)
    page.goto(f"{gateway.url}/line/bind?linkToken=t")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_have_text("請輸入電子郵件和密碼。")
    page.get_by_label("電子郵件").fill("a@example.tw")
    page.get_by_label("密碼").fill("wrong")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_have_text("電子郵件或密碼不正確。")
    expect(page.get_by_role("button")).to_be_enabled()


def test_a_link_without_its_token_says_what_to_do(gateway, page):
    page.goto(f"{gateway.url}/line/bind")
    expect(page.get_by_role("alert")).to_contain_text("請回到 LINE")
    expect(page.get_by_role("button")).to_be_disabled()


def test_a_browser_back_from_line_pay_gets_a_page_and_a_program_gets_json(gateway, behind, page, http):
    behind.on("orders.line_pay_returned", {"order_id": "o1", "status": "unpaid"})
    path = "/v1/payments/line-pay/confirm?orderId=o1&transactionId=2026112400000000001"
    page.goto(f"{gateway.url}{path}")
    expect(page.get_by_role("heading")).to_have_text("付款處理中")
    page.goto(f"{gateway.url}/v1/payments/line-pay/cancel?orderId=o1")
    expect(page.get_by_role("heading")).to_have_text("尚未付款")
    assert http.get(path, headers={"accept": "application/json"}).json() == {"order_id": "o1", "status": "unpaid"}
    assert behind.asked("orders.line_pay_returned")[0] == (
        None,
        {"order_id": "o1", "transaction_id": "2026112400000000001", "cancelled": False},
    )
