"""What the double remembers. Times are seconds since 1970 on the double's own clock unless a name says otherwise."""

from typing import Any, Literal

import msgspec

Friendship = Literal["friend", "blocked", "stranger", "deleted"]
JST_SECONDS = 9 * 3600  # LINE counts its days, and here its quota months, in UTC+9
DAY = 86_400.0


class Options(msgspec.Struct, kw_only=True):
    """Switches of the double that are not faults; `PATCH /_double/settings` changes them."""

    clock_offset: float = 0.0  # seconds the double's clock is ahead of the machine's
    quota: int | None = None  # recipients a month; None: unlimited
    used_elsewhere: int = 0  # recipients already spent this month by the account's manager page
    multicast_foreign: Literal["skip", "refuse"] = "skip"
    rates: dict[str, float] = {}  # endpoint -> calls per second, instead of LINE's own limits
    webhook_url: str = ""
    webhook_active: bool = True
    redelivery: bool = False
    redelivery_seconds: float = 5.0
    redelivery_times: int = 3
    narrowcast_seconds: float = 0.0  # how long a narrowcast stays in the sending phase


class Person(msgspec.Struct, kw_only=True):
    """One LINE user. `foreign` users belong to another provider: this bot may not address them."""

    id: str
    name: str
    picture: str = ""
    status: str = ""
    email: str = ""
    language: str = "zh-TW"
    state: Friendship = "friend"
    foreign: bool = False
    created: float = 0.0
    wrote: float | None = None  # when the user last sent something to the account
    rich_menu: str | None = None


class Group(msgspec.Struct, kw_only=True):
    """A group or multi-person chat."""

    id: str
    name: str
    members: list[str] = []
    bot_in: bool = True


class Send(msgspec.Struct, kw_only=True):
    """One accepted call of push, multicast, reply, narrowcast or broadcast."""

    seq: int
    kind: str
    request_id: str
    at: float
    retry_key: str | None
    to: list[str]
    reached: list[str]  # chats in which the messages appeared
    counted: int  # recipients charged to the monthly quota
    messages: list[dict[str, Any]]
    ids: list[str]
    silent: bool = False
    unit: str | None = None
    tries: int = 1  # calls that carried this retry key
    failed: int | None = None  # error code of a narrowcast that ended badly


class Incoming(msgspec.Struct, kw_only=True):
    """Something a user did in a chat with the account."""

    seq: int
    chat: str
    user: str
    type: str
    content: dict[str, Any]
    event_id: str
    at: float


class Attempt(msgspec.Struct, kw_only=True):
    """One delivery of a webhook event."""

    at: float
    redelivery: bool
    status: int  # 0: no answer
    reason: str
    milliseconds: float


class Event(msgspec.Struct, kw_only=True):
    """One webhook event and what became of it."""

    id: str
    seq: int
    body: dict[str, Any]
    attempts: list[Attempt] = []
    outcome: str = "waiting"  # waiting, delivered, failed, dropped, held, off


class ReplyToken(msgspec.Struct, kw_only=True):
    """A right to answer once."""

    chat: str
    event_at: float
    delivered_at: float
    used: bool = False


class LinkToken(msgspec.Struct, kw_only=True):
    """A right to link an account once."""

    user: str
    expires: float
    used: bool = False


class Channel(msgspec.Struct, kw_only=True):
    """A channel of the console: the bot's, a Login channel, or a LINE Pay merchant."""

    id: str
    secret: str
    kind: Literal["bot", "login", "pay"]
    provider: str = "yeshi"
    redirect_uris: list[str] = []  # empty: every address is taken
    keys: dict[str, dict[str, Any]] = {}  # kid -> public JWK for client assertions


class Token(msgspec.Struct, kw_only=True):
    """An access or refresh token."""

    value: str
    kind: Literal["stateless", "jwt", "short", "long", "login", "refresh"]
    channel: str
    expires: float
    user: str = ""
    scope: str = ""
    key_id: str = ""
    refresh: str = ""


class Code(msgspec.Struct, kw_only=True):
    """An authorization code of LINE Login."""

    value: str
    channel: str
    user: str
    redirect_uri: str
    scope: str
    nonce: str
    challenge: str
    expires: float
    auth_time: float
    used: bool = False


class RichMenu(msgspec.Struct, kw_only=True):
    """A rich menu and, once uploaded, its picture (base64)."""

    id: str
    body: dict[str, Any]
    image: str = ""
    content_type: str = ""


class Document(msgspec.Struct, kw_only=True):
    """Any small JSON value by name: rich menu aliases, LIFF apps, the signing key, contents of messages."""

    value: dict[str, Any]


class Refund(msgspec.Struct, kw_only=True):
    """Money given back."""

    id: int
    amount: int
    at: float


class Payment(msgspec.Struct, kw_only=True):
    """One LINE Pay transaction. Amounts in the currency's smallest unit used in trade (TWD: whole dollars)."""

    id: int
    merchant: str
    order_id: str
    amount: int
    currency: str
    request: dict[str, Any]
    page: str  # secret part of the payment page's address
    created: float
    state: Literal["waiting", "approved", "cancelled", "failed", "authorized", "captured", "voided"] = "waiting"
    method: str = "CREDIT_CARD"
    paid_at: float | None = None
    captured: int = 0
    refunds: list[Refund] = []
    version: str = "v4"

    @property
    def refunded(self) -> int:
        """The sum given back so far."""
        return sum(refund.amount for refund in self.refunds)
