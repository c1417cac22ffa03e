"""The chat with LINE users: what they may ask, and what they are answered. Chinese first, English beside it."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: A reply token lives about a minute from when its event came in. Later there is no answer: a push would cost money.
ANSWER_WITHIN = timedelta(seconds=50)


class Command(StrEnum):
    """What a message asks for."""

    BIND = "bind"
    ORDERS = "orders"
    HELP = "help"


_WORDS = {
    **dict.fromkeys(("綁定", "帳號綁定", "綁定帳號", "bind", "link"), Command.BIND),
    **dict.fromkeys(("我的訂單", "訂單", "orders", "my orders"), Command.ORDERS),
}


@dataclass(frozen=True)
class Inbound:
    """One event that is to be answered. Its text is not kept, only what it asks for."""

    event_id: str  # LINE's webhookEventId: the same event delivered again is the same row
    line_user_id: str
    command: Command
    reply_token: str
    received_at: datetime


@dataclass(frozen=True)
class Friendship:
    """Whether a LINE user can be reached, since when. Events may come out of order: the latest counts."""

    line_user_id: str
    blocked: bool
    since: datetime


@dataclass(frozen=True)
class Reply:
    """Text, and one button."""

    text: str
    label: str
    url: str


def command_of(text: str) -> Command:
    """What a message's text, or a button's data, asks for."""
    words = " ".join(unicodedata.normalize("NFKC", text[:100]).casefold().split())
    return _WORDS.get(words, Command.HELP)


def bind_here(url: str) -> Reply:
    """For somebody who is not bound."""
    return Reply(
        "點下方按鈕登入並綁定帳號，就能在 LINE 收到訂單通知。\nLink your account to get order news here.",
        "綁定帳號",
        url,
    )


def already_bound(url: str) -> Reply:
    """For somebody who is."""
    return Reply("你的帳號已經綁定，訂單有動靜會在這裡通知你。\nYour account is linked.", "開啟夜市", url)


def your_orders(url: str) -> Reply:
    """The way to the orders of a bound user."""
    return Reply("這裡是你的訂單。\nHere are your orders.", "我的訂單", url)


def usage(url: str) -> Reply:
    """For everything else."""
    return Reply("你可以輸入：\n「綁定」綁定帳號 (bind)\n「我的訂單」查看訂單 (orders)", "開啟夜市", url)
