"""The chat answers while its reply token is fresh, once, and never by a push."""

from datetime import timedelta

import msgspec
import pytest

from chassis.clock import now, rfc3339
from chassis.ids import uuid7
from yeshi_local.testing import until


def said(line, line_user, text):
    return line.say(line_user, text)["event"]


def answers(line, line_user):
    return [message["template"]["actions"][0]["uri"] for message in line.received(line_user)]


@pytest.mark.parametrize("text", ["綁定", " BIND ", "我的訂單"])
def test_who_is_not_bound_gets_a_link_to_bind(world, work, line, make, text):
    line_user = line.user()
    world.tell(make.webhook(said(line, line_user, text)))
    [uri] = until(lambda: answers(line, line_user))
    assert uri.startswith("https://yeshi.example/line/bind?linkToken=")
    assert line.sends(kind="push", to=line_user) == []


def test_a_new_friend_is_asked_to_bind(world, work, line, make):
    line_user = line.user(state="stranger")
    world.tell(make.webhook(line.change_user(line_user, state="friend")["event"]["event"]))
    [uri] = until(lambda: answers(line, line_user))
    assert "/line/bind?linkToken=" in uri


def test_a_bound_user_gets_to_their_orders(world, work, line, make):
    _, line_user = world.bound()
    for text, uri in (("我的訂單", "https://yeshi.example/orders"), ("綁定", "https://yeshi.example")):
        world.tell(make.webhook(said(line, line_user, text)))
        until(lambda uri=uri: answers(line, line_user)[-1] == uri)


def test_everything_else_gets_help_and_no_text_is_kept(world, work, line, make):
    line_user = line.user()
    event = said(line, line_user, "你們賣什麼秘密好料")
    world.tell(make.webhook(event))
    [message] = until(lambda: line.received(line_user))
    assert "「我的訂單」" in message["template"]["text"]
    query = "SELECT c::text, reply_token FROM chat_inbox c WHERE line_user_id = %s AND state = 'answered'"
    [(row, token)] = until(lambda: world.rows(query, line_user))  # LINE has the answer a moment before we know
    assert token is None
    assert "秘密" not in row
    logs = "".join(program.log.read_text() for program in world.programs)
    assert "秘密" not in logs
    assert event["replyToken"] not in logs


def test_an_event_delivered_again_is_answered_once(world, work, line, make):
    line_user = line.user()
    event = said(line, line_user, "綁定")
    world.tell(make.webhook(event), make.webhook(event))
    world.tell(make.webhook({**event, "deliveryContext": {"isRedelivery": True}}))
    until(lambda: world.rows("SELECT state FROM chat_inbox WHERE line_user_id = %s", line_user) == [("answered",)])
    assert len(answers(line, line_user)) == 1


def test_an_old_event_is_not_answered(world, work, line, make):
    line_user = line.user()
    event = said(line, line_user, "綁定")
    world.tell(msgspec.structs.replace(make.webhook(event), received_at=rfc3339(now() - timedelta(minutes=2))))
    until(lambda: world.rows("SELECT state FROM chat_inbox WHERE line_user_id = %s", line_user) == [("expired",)])
    assert line.received(line_user) == []


def test_a_reply_that_failed_is_tried_again_while_it_is_fresh(world, work, line, make):
    line_user = line.user()
    line.fault("reply", "error", times=1)
    line.fault("link_token", "error", times=1)
    world.tell(make.webhook(said(line, line_user, "綁定")))
    until(lambda: len(answers(line, line_user)) == 1)


def test_what_is_not_known_or_not_for_us_changes_nothing(world, work, line, make):
    known = {"webhookEventId": str(uuid7()), "timestamp": 1, "mode": "active"}
    user = {"type": "user", "userId": line.user()}
    odd = [
        {**known, "type": "somethingNew", "source": user},
        {
            **known,
            "type": "message",
            "source": {"type": "group", "groupId": "C" + "0" * 32},
            "message": {"type": "text"},
        },
        {**known, "type": "message", "source": user, "message": {"type": "sticker"}, "replyToken": "t"},
        {
            **known,
            "type": "message",
            "source": {"type": "user", "userId": "x\0y"},
            "message": {"type": "text", "text": "綁定"},
        },
        {**known, "type": "follow", "mode": "standby", "source": user, "replyToken": "t", "timestamp": 10**18},
        {**known, "type": 7},
    ]
    [(before,)] = world.rows("SELECT count(*) FROM chat_inbox")
    world.tell(*(make.webhook(event) for event in odd))
    assert world.rows("SELECT count(*) FROM chat_inbox") == [(before,)]
