"""What the chat understands and answers."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from contracts.gateway import LineWebhookReceivedV1
from notify.application.chat import ChatDesk
from notify.application.ports import Question
from notify.domain.chat import Command, command_of
from notify.domain.delivery import Answer, Tried
from notify.entrypoints.line_events import what_line_says

USER = "U" + "0" * 32


class Line:
    """LINE's side of the chat."""

    def __init__(self, link="t1", answer=Answer.ACCEPTED):
        self.link = link
        self.answer = answer
        self.replies = []

    def link_token(self, line_user_id):
        return self.link

    def reply(self, reply_token, reply):
        self.replies.append((reply_token, reply))
        return Tried(self.answer)


class Inbox:
    """One question, and what became of it."""

    def __init__(self, question):
        self.questions = [question]
        self.became = None

    def claim(self, limit, lease):
        claimed, self.questions = self.questions, []
        return claimed

    def settle(self, event_id, state):
        self.became = state

    def later(self, event_id, pause):
        self.became = f"later {pause:g}"


def asked(clock, command, user=None, age=0.0):
    return Question("e1", USER, command, "r1", clock() - timedelta(seconds=age), user)


def answer(clock, question, line):
    inbox = Inbox(question)
    ChatDesk(inbox, line, "https://yeshi.example/", clock, lambda: None).step()
    return inbox.became


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("綁定", Command.BIND),
        ("  Bind ", Command.BIND),
        ("ＢＩＮＤ", Command.BIND),
        ("我的訂單", Command.ORDERS),
        ("my  orders", Command.ORDERS),
        ("你好", Command.HELP),
        ("", Command.HELP),
        ("綁定" * 1000, Command.HELP),
    ],
)
def test_commands_are_known_by_their_words(text, command):
    assert command_of(text) is command


@pytest.mark.parametrize(
    ("command", "bound", "url"),
    [
        (Command.BIND, False, "https://yeshi.example/line/bind?linkToken=t1"),
        (Command.ORDERS, False, "https://yeshi.example/line/bind?linkToken=t1"),
        (Command.BIND, True, "https://yeshi.example"),
        (Command.ORDERS, True, "https://yeshi.example/orders"),
        (Command.HELP, False, "https://yeshi.example"),
    ],
)
def test_each_command_leads_somewhere(clock, command, bound, url):
    line = Line()
    assert answer(clock, asked(clock, command, uuid4() if bound else None), line) == "answered"
    [(token, reply)] = line.replies
    assert (token, reply.url) == ("r1", url)


@pytest.mark.parametrize(
    ("line", "age", "became"),
    [
        (Line(), 51, "expired"),
        (Line(link=None), 1, "later 1"),
        (Line(answer=Answer.FAILED), 1, "later 1"),
        (Line(answer=Answer.REFUSED), 1, "failed"),
    ],
)
def test_an_answer_comes_in_time_or_not_at_all(clock, line, age, became):
    assert answer(clock, asked(clock, Command.BIND, age=age), line) == became
    assert age < 50 or line.replies == []


def heard(event, **values):
    fields = {"webhook_event_id": "e1", "destination": "U", "received_at": "2026-12-01T12:00:00Z"}
    body = event if isinstance(event, str) else msgspec.json.encode({"timestamp": 1000, **event}).decode()
    return what_line_says([LineWebhookReceivedV1(**{**fields, **values}, body=body)])


def test_following_and_blocking_are_known_by_the_time_they_happened():
    source = {"type": "user", "userId": USER}
    [friend], [question] = heard({"type": "follow", "source": source, "replyToken": "r1"})
    assert (friend.blocked, friend.since) == (False, datetime.fromtimestamp(1, UTC))
    assert question.command is Command.BIND
    [friend], nothing = heard({"type": "unfollow", "source": source})
    assert (friend.blocked, nothing) == (True, [])


@pytest.mark.parametrize(
    "event",
    [
        "{",
        "[]",
        {"type": "brandNew", "source": {"type": "user", "userId": USER}, "replyToken": "r1"},
        {
            "type": "message",
            "source": {"type": "user", "userId": "nobody"},
            "message": {"type": "text", "text": "綁定"},
        },
        {"type": "message", "source": {"type": "room", "roomId": "R1"}, "message": {"type": "text", "text": "綁定"}},
        {
            "type": "message",
            "source": {"type": "user", "userId": USER},
            "message": {"type": "image"},
            "replyToken": "r",
        },
        {
            "type": "message",
            "mode": "standby",
            "source": {"type": "user", "userId": USER},
            "message": {"type": "text", "text": "綁定"},
            "replyToken": "r1",
        },
        {"type": "message", "timestamp": 10**30, "source": {"type": "user", "userId": USER}},
    ],
)
def test_what_is_not_known_or_not_for_us_is_passed_over(event):
    assert heard(event) == ([], [])
