"""The phone page in a real browser: what is pushed shows by itself, what is typed reaches the shop."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from yeshi_local.kit.browser import page_of

SENDING = "push,multicast,reply,narrowcast,broadcast"
#: Every switch, and the fault it is.
SWITCHES = {
    "429 太快": (SENDING, "rate_limit"),
    "429 額度用完": (SENDING, "quota"),
    "500 受理前": (SENDING, "error"),
    "逾時 受理後": (SENDING, "timeout_after_accept"),
    "慢 3 秒": (SENDING, "slow"),
    "401 權杖失效": (SENDING, "unauthorized"),
    "事件遺失": ("webhook", "drop"),
    "事件重複": ("webhook", "duplicate"),
    "事件亂序": ("webhook", "reorder"),
    "扣款後 1199": ("pay.confirm", "code_after_move"),
    "扣款後 9000": ("pay.confirm", "code_after_move"),
    "付款逾時 受理後": ("pay.confirm", "timeout_after_accept"),
}
MARKUP = "<img src=x onerror=document.title='broken'>"


@pytest.fixture(scope="module")
def page(program) -> Iterator[Page]:
    """A browser that asks nobody but the double."""
    with page_of(program.url) as page:
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


def rules(line) -> list[dict]:
    return line.control("GET", "state")["faults"]


def test_each_switch_is_its_own_fault_and_lets_go_again(line, page):
    line.user("阿明")
    page.goto(f"{line.url}/phone")
    page.get_by_role("button", name="故障").click()
    switches = page.locator("#switches button")
    expect(switches).to_have_count(len(SWITCHES))
    for name in SWITCHES:
        switch = switches.filter(has_text=re.compile(f"^{name}"))
        switch.click()
        expect(switch).to_have_attribute("aria-pressed", "true")
    assert [(rule["on"], rule["do"]) for rule in rules(line)] == list(SWITCHES.values())
    assert {rule["code"] for rule in rules(line) if rule["do"] == "code_after_move"} == {"1199", "9000"}
    assert {rule["times"] for rule in rules(line)} == {1}
    for name in SWITCHES:
        switch = switches.filter(has_text=re.compile(f"^{name}"))
        switch.click()
        expect(switch).to_have_attribute("aria-pressed", "false")
    assert rules(line) == []


def test_a_fault_may_last_or_come_now_and_then(line, page):
    line.user("阿明")
    page.goto(f"{line.url}/phone")
    page.get_by_role("button", name="故障").click()
    for mode, wanted in (("三成 30 %", (None, 0.3)), ("一直 always", (None, 1.0))):
        page.get_by_label(mode).check()
        switch = page.get_by_role("button", name="500 受理前")
        switch.click()
        expect(switch).to_have_attribute("aria-pressed", "true")
        [rule] = rules(line)
        assert (rule["times"], rule["probability"]) == wanted
        page.get_by_role("button", name="移除 remove").click()
        expect(switch).to_have_attribute("aria-pressed", "false")


def test_quota_clock_and_friendship_are_moved_by_hand(line, page, eventually):
    page.goto(f"{line.url}/phone")
    page.get_by_label("新用戶名稱 New user").fill("小美")
    page.get_by_role("button", name="加入 Add").click()
    page.get_by_role("button", name="封鎖 Block").click()
    expect(page.get_by_role("button", name="解除封鎖 Unblock")).to_be_visible()
    [user] = line.control("GET", "state")["users"]
    assert (user["name"], user["state"]) == ("小美", "blocked")
    page.get_by_role("button", name="解除封鎖 Unblock").click()
    expect(page.get_by_role("button", name="封鎖 Block", exact=True)).to_be_visible()
    page.get_by_role("button", name="故障").click()
    page.get_by_label("本月上限 Limit").fill("500")
    page.get_by_role("button", name="設定 Set").click()
    expect(page.locator("#used")).to_have_text("已用 used 0 / 500")
    for name in ("＋1 分 min", "＋1 時 h", "＋25 時 h"):
        page.get_by_role("button", name=name).click()
    eventually(lambda: line.control("GET", "state")["settings"]["clock_offset"] == 60 + 3600 + 90_000)
    assert line.control("GET", "state")["settings"]["quota"] == 500
