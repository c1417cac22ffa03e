"""The phone page in a real browser: what is pushed shows by itself, what is typed reaches the shop."""

import json
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from yeshi_local.kit.browser import page_of

MARKUP = "<img src=x onerror=document.title='broken'>"


@pytest.fixture
def page(line) -> Iterator[Page]:
    """A browser that asks nobody but the double."""
    with page_of(line.url) as page:
        yield page


def push(line, user, *messages):
    answer = httpx.post(
        f"{line.url}/v2/bot/message/push",
        json={"to": user, "messages": list(messages)},
        headers={"authorization": f"Bearer {line.access_token()}"},
        trust_env=False,
    )
    assert answer.status_code == 200


def test_the_phone_shows_what_arrives_and_sends_what_is_typed(line, shop, page, eventually):
    user = line.user("小美")
    page.goto(f"{line.url}/phone#{user}")
    button = {"type": "button", "action": {"type": "postback", "label": "查看訂單", "data": "order=019a"}}
    bubble = {
        "type": "bubble",
        "body": {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": "新訂單 NT$1,280"}]},
        "footer": {"type": "box", "layout": "vertical", "contents": [button]},
    }
    push(line, user, {"type": "text", "text": MARKUP}, {"type": "flex", "altText": "新訂單", "contents": bubble})
    expect(page.get_by_text("新訂單 NT$1,280")).to_be_visible()
    expect(page.get_by_text(MARKUP)).to_be_visible()
    page.get_by_role("button", name="查看訂單").click()
    expect(page.get_by_text("postback order=019a")).to_be_visible()
    page.get_by_role("textbox", name="訊息 Message").fill("還有貨嗎")
    page.get_by_role("button", name="傳送 Send").click()
    expect(page.locator(".mine").get_by_text("還有貨嗎")).to_be_visible()
    eventually(lambda: len(shop.bodies) == 2)
    events = [json.loads(body)["events"][0] for body in shop.bodies]
    assert [event["type"] for event in events] == ["postback", "message"]
    assert "broken" not in page.title()


def test_a_fault_switch_makes_the_next_push_fail(line, page):
    user = line.user("阿明")
    page.goto(f"{line.url}/phone#{user}")
    page.get_by_role("button", name="故障").click()
    switch = page.get_by_role("button", name="429 額度用完")
    switch.click()
    expect(switch).to_have_attribute("aria-pressed", "true")
    answer = httpx.post(
        f"{line.url}/v2/bot/message/push",
        json={"to": user, "messages": [{"type": "text", "text": "x"}]},
        headers={"authorization": f"Bearer {line.access_token()}"},
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["message"]) == (429, "You have reached your monthly limit.")
    push(line, user, {"type": "text", "text": "下一則"})
