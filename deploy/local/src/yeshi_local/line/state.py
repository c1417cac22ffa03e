"""The double's world: who exists, who got what, and what LINE would remember about it."""

import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from yeshi_local.line.model import (
    JST_SECONDS,
    Channel,
    Code,
    Document,
    Event,
    Group,
    Incoming,
    LinkToken,
    Options,
    Payment,
    Person,
    ReplyToken,
    RichMenu,
    Send,
    Token,
)
from yeshi_local.line.store import Store, Table

T = TypeVar("T", bound=msgspec.Struct)

RETRY_KEY_LIFE = 24 * 3600.0
TALKED_LATELY = 7 * 24 * 3600.0
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class World:
    """All state of one double, with the questions asked of it."""

    def __init__(self, folder: Path | None = None, machine_time: Callable[[], float] = time.time) -> None:
        self._machine_time = machine_time
        self.store = Store(folder)
        table = self.store.table
        self._options: Table[Options] = table("options", Options)
        self.people: Table[Person] = table("people", Person)
        self.groups: Table[Group] = table("groups", Group)
        self.sends: Table[Send] = table("sends", Send)
        self.incoming: Table[Incoming] = table("incoming", Incoming)
        self.events: Table[Event] = table("events", Event)
        self.reply_tokens: Table[ReplyToken] = table("reply_tokens", ReplyToken)
        self.link_tokens: Table[LinkToken] = table("link_tokens", LinkToken)
        self.channels: Table[Channel] = table("channels", Channel)
        self.tokens: Table[Token] = table("tokens", Token)
        self.codes: Table[Code] = table("codes", Code)
        self.consents: Table[Document] = table("consents", Document)
        self.rich_menus: Table[RichMenu] = table("rich_menus", RichMenu)
        self.documents: Table[Document] = table("documents", Document)
        self.payments: Table[Payment] = table("payments", Payment)
        self.store.open()
        self.bot: Channel | None = None
        self.login: Channel | None = None
        self.pay: Channel | None = None
        self.boot = secrets.token_hex(4)
        self._sequence = 0
        self.last_payment = 0
        self._index()

    def _index(self) -> None:
        """Rebuild what is derived from the tables."""
        self._usage: dict[str, int] = defaultdict(int)
        self._retry_keys: dict[str, Send] = {}
        self._requests: dict[str, Send] = {}
        self.timeline: dict[str, list[Send | Incoming]] = defaultdict(list)
        entries: list[Send | Incoming] = sorted([*self.sends, *self.incoming], key=lambda entry: entry.seq)
        for entry in entries:
            if isinstance(entry, Send):
                self._remember(entry)
            else:
                self.timeline[entry.chat].append(entry)
        last = max([entry.seq for entry in entries] + [event.seq for event in self.events], default=0)
        self._sequence = max(self._sequence, last)  # a reset never hands out an id again
        payments = [payment.id for payment in self.payments]
        refunds = [refund.id for payment in self.payments for refund in payment.refunds]
        self.last_payment = max([self.last_payment, *payments, *refunds])

    # -- clock, ids, options -----------------------------------------------------------------------------------

    def now(self) -> float:
        """Seconds since 1970 on the double's movable clock."""
        return self._machine_time() + self.options.clock_offset

    @property
    def options(self) -> Options:
        """The current switches."""
        return self._options.get("options") or Options()

    def change_options(self, **changes: Any) -> Options:
        """Set some switches. Raises msgspec.ValidationError for unknown values."""
        merged = msgspec.structs.asdict(self.options) | changes
        return self._options.put("options", msgspec.convert(merged, Options))

    @property
    def version(self) -> str:
        """Differs after every change, and after every restart."""
        return f"{self.boot}-{self.store.version}"

    def next_seq(self) -> int:
        """The place of a new entry among all entries."""
        self._sequence += 1
        return self._sequence

    def new_message_id(self) -> str:
        """An id as LINE gives them: 18 digits, growing. Take the entry's own `seq` after its message ids."""
        return str(450_000_000_000_000_000 + self.next_seq())

    def new_ulid(self) -> str:
        """A ULID for a webhook event."""
        number = (int(self.now() * 1000) << 80) | secrets.randbits(80)
        return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))

    def month(self, at: float) -> str:
        """The quota month of a moment."""
        return datetime.fromtimestamp(at + JST_SECONDS, UTC).strftime("%Y%m")

    def day(self, at: float) -> str:
        """The delivery statistics' day (yyyyMMdd) of a moment."""
        return datetime.fromtimestamp(at + JST_SECONDS, UTC).strftime("%Y%m%d")

    @property
    def bot_user_id(self) -> str:
        """The account's own user id, derived from its channel."""
        return "U" + (self.bot.id if self.bot else "0").encode().hex().rjust(32, "b")[-32:]

    # -- people ------------------------------------------------------------------------------------------------

    def person_can_hear(self, person: Person) -> bool:
        """Whether a send to this user arrives: friends, and who wrote in the last seven days."""
        if person.state == "friend":
            return True
        recently = person.wrote is not None and self.now() - person.wrote < TALKED_LATELY
        return person.state == "stranger" and recently

    def friends(self) -> list[Person]:
        """Everybody a broadcast reaches."""
        return [person for person in self.people if person.state == "friend" and not person.foreign]

    def audience(self, to: Iterable[str]) -> tuple[list[str], int]:
        """The chats in which a send to these ids appears, and how many recipients it costs."""
        reached: list[str] = []
        cost = 0
        for name in dict.fromkeys(to):
            person, group = self.people.get(name), self.groups.get(name)
            if person is not None and not person.foreign and self.person_can_hear(person):
                reached.append(name)
                cost += 1
            elif group is not None and group.bot_in:
                reached.append(name)
                cost += len(group.members)
        return reached, cost

    # -- sends -------------------------------------------------------------------------------------------------

    def used(self) -> int:
        """Recipients charged this month."""
        return self._usage[self.month(self.now())] + self.options.used_elsewhere

    def remembered(self, retry_key: str) -> Send | None:
        """The send accepted under this retry key in the last 24 hours."""
        send = self._retry_keys.get(retry_key)
        return send if send is not None and self.now() - send.at < RETRY_KEY_LIFE else None

    def send_of_request(self, request_id: str) -> Send | None:
        """The send a request id belongs to."""
        return self._requests.get(request_id)

    def add_send(self, send: Send) -> None:
        """Accept a send: durable, visible in its chats, counted."""
        self.sends.put(str(send.seq), send)
        self._remember(send)

    def count_try(self, send: Send) -> None:
        """Note one more call under the send's retry key."""
        send.tries += 1
        self.sends.put(str(send.seq), send)

    def _remember(self, send: Send) -> None:
        self._usage[self.month(send.at)] += send.counted
        self._requests[send.request_id] = send
        if send.retry_key:
            self._retry_keys[send.retry_key] = send
        for chat in send.reached:
            self.timeline[chat].append(send)

    def add_incoming(self, entry: Incoming) -> None:
        """Note what a user did."""
        self.incoming.put(str(entry.seq), entry)
        self.timeline[entry.chat].append(entry)

    # -- housekeeping ------------------------------------------------------------------------------------------

    def reset(self, *, keep_people: bool = False) -> None:
        """Forget what happened; channels, the bot's tokens, signing keys and the webhook address stay.

        With `keep_people` users and groups stay too.
        """
        kept: tuple[object, ...] = (self.channels, *((self.people, self.groups) if keep_people else ()))
        webhook = {"webhook_url": self.options.webhook_url}
        tokens = [token for token in self.tokens if not token.user]
        keys = [(name, row) for name, row in self.documents.items() if name.startswith("keys:")]
        for value in list(vars(self).values()):
            if isinstance(value, Table) and not any(value is one for one in kept):
                value.clear()
        for token in tokens:
            self.tokens.put(token.value, token)
        for name, row in keys:
            self.documents.put(name, row)
        self.change_options(**webhook)
        self._index()


def rfc3339(at: float) -> str:
    """Seconds since 1970 as LINE writes times: milliseconds and Z."""
    moment = datetime.fromtimestamp(0, UTC) + timedelta(seconds=at)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
