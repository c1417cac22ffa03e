"""The events a shop receives, read with LINE's own parser."""

import json

import httpx
import pytest
from linebot.v3 import WebhookParser, messaging
from linebot.v3.exceptions import InvalidSignatureError
from linebot.v3.messaging import ApiClient, Configuration, MessagingApi
from linebot.v3.webhooks import FollowEvent, JoinEvent, MessageEvent, PostbackEvent, UnfollowEvent


def parsed(line, shop):
    """Every event received so far, verified and decoded by the SDK."""
    parser = WebhookParser(line.channel_secret)
    bodies = zip(shop.bodies, shop.signatures, strict=True)
    return [event for body, signature in bodies for event in parser.parse(body.decode(), signature)]


def test_what_a_user_writes_arrives_signed(line, shop):
    user = line.user()
    told = line.say(user, "我的訂單 🧋")
    [event] = parsed(line, shop)
    assert isinstance(event, MessageEvent)
    assert (event.message.text, event.source.user_id) == ("我的訂單 🧋", user)
    assert event.webhook_event_id == told["id"]
    assert not event.delivery_context.is_redelivery
    assert told["attempts"][0]["status"] == 200


def test_a_pressed_button_is_a_postback(line, shop):
    user = line.user()
    line.press(user, "order=019a")
    [event] = parsed(line, shop)
    assert isinstance(event, PostbackEvent)
    assert event.postback.data == "order=019a"


def test_friends_come_and_go(line, shop):
    user = line.user(state="stranger")
    line.change_user(user, state="friend")
    line.change_user(user, state="blocked")
    line.change_user(user, state="friend")
    first, second, third = parsed(line, shop)
    assert isinstance(first, FollowEvent)
    assert isinstance(second, UnfollowEvent)
    assert (first.follow.is_unblocked, third.follow.is_unblocked) == (False, True)
    assert "replyToken" not in json.loads(shop.bodies[1])["events"][0]


def test_a_group_tells_its_id_and_who_speaks(line, shop):
    user = line.user()
    group = line.group("店長群", [user])
    line.say(user, "綁定 482913", chat=group)
    joined, said = parsed(line, shop)
    assert isinstance(joined, JoinEvent)
    assert (said.source.group_id, said.source.user_id) == (group, user)


def test_a_forged_signature_does_not_verify(line, shop):
    line.fault("webhook", "bad_signature", times=1)
    line.say(line.user(), "嗨")
    with pytest.raises(InvalidSignatureError):
        parsed(line, shop)


def test_a_failed_delivery_comes_again_with_the_same_ids(line, shop, eventually):
    line.settings(redelivery=True, redelivery_seconds=0.05)
    shop.statuses = [500, 503]
    line.say(line.user(), "在嗎")
    eventually(lambda: len(shop.bodies) == 3)
    events = [json.loads(body)["events"][0] for body in shop.bodies]
    assert len({event["webhookEventId"] for event in events}) == 1
    assert len({event["replyToken"] for event in events}) == 1
    assert [event["deliveryContext"]["isRedelivery"] for event in events] == [False, True, True]


def test_without_redelivery_a_slow_shop_loses_the_event_after_two_seconds(line, shop):
    shop.seconds = 2.5
    told = line.say(line.user(), "慢慢來")
    assert told["outcome"] == "failed"
    assert told["attempts"][0]["reason"] == "request_timeout"


def test_faults_drop_double_and_reorder_events(line, shop):
    user = line.user()
    line.fault("webhook", script=["drop", "duplicate", "reorder", "ok"])
    for words in "ABCD":
        line.say(user, words)
    texts = [json.loads(body)["events"][0]["message"]["text"] for body in shop.bodies]
    assert texts == ["B", "B", "D", "C"]


def test_the_console_check_is_an_empty_signed_body(line, shop):
    with ApiClient(Configuration(host=line.url, access_token=line.access_token())) as client:
        api = MessagingApi(client)
        assert api.get_webhook_endpoint().endpoint == shop.url
        assert api.test_webhook_endpoint(messaging.TestWebhookEndpointRequest()).success
    assert json.loads(shop.bodies[0])["events"] == []
    assert parsed(line, shop) == []


def test_an_account_is_linked_once(line, shop):
    user = line.user()
    with ApiClient(Configuration(host=line.url, access_token=line.access_token())) as client:
        token = MessagingApi(client).issue_link_token(user).link_token
    address = f"{line.url}/dialog/bot/accountLink?linkToken={token}&nonce=bm9uY2Utb2YtdGhlLXNob3A"
    statuses = [httpx.get(address, trust_env=False).status_code for _ in range(2)]
    assert statuses == [200, 400]
    [event] = parsed(line, shop)
    assert (event.link.result, event.link.nonce) == ("ok", "bm9uY2Utb2YtdGhlLXNob3A")
    assert event.source.user_id == user
