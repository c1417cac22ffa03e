"""Notify's real processes on a real broker, database, LINE double and SNS."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from chassis.clock import now, rfc3339
from chassis.ids import uuid7
from contracts import Message, catalog, gateway, orders, users
from yeshi_local.kit.service import ServiceProcess
from yeshi_local.kit.world import PostgresWorld, line_double, postgres_world
from yeshi_local.line.client import LineDouble
from yeshi_local.pytest_plugin import PostgresServer, RabbitServer
from yeshi_local.testing import until

CHANNEL_ID, CHANNEL_SECRET = "2000000001", "local-line-channel-secret-0000001"

# RELIABILITY I8 and I9 as far as notify's own tables tell: each query answers what must not be.
INVARIANTS = {
    "I8: one row for each event and recipient": """
        SELECT event_id, user_id FROM notifications GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "I8: the badge counts what is unread": """
        SELECT user_id, unread FROM bell_state b
         WHERE unread <> (SELECT count(*) FROM notifications n WHERE n.user_id = b.user_id AND read_at IS NULL)
    """,
    "each change of a bell is one event, and seq has no gap": """
        SELECT b.user_id, b.seq, array_agg(e.seq ORDER BY e.seq) FROM bell_state b
          LEFT JOIN (SELECT (data ->> 'user_id')::uuid AS user_id, (data ->> 'seq')::bigint AS seq
                       FROM (SELECT convert_from(body, 'UTF8')::jsonb -> 'data' AS data FROM outbox
                              WHERE topic = 'notify.bell_changed.v1') o) e USING (user_id)
         GROUP BY 1, 2
        HAVING array_agg(e.seq ORDER BY e.seq) <> ARRAY(SELECT generate_series(1, b.seq))
    """,
    "I9: a waiting delivery has its next try ahead, or is due just now": """
        SELECT delivery_id FROM deliveries WHERE state = 'waiting' AND next_try_at < now() - interval '30 seconds'
    """,
}


@dataclass(kw_only=True)
class World(PostgresWorld):
    """Everything these tests speak to."""

    line: LineDouble
    sns: Any

    invariants = INVARIANTS

    def environment(self) -> dict[str, object]:
        """What a process of notify finds in its environment."""
        return {
            **super().environment(),
            "PUBLIC_URL": "https://yeshi.example",
            "LINE_API_URL": self.line.url,
            "LINE_CHANNEL_ID": CHANNEL_ID,
            "LINE_CHANNEL_SECRET": CHANNEL_SECRET,
            "SNS_ENDPOINT_URL": self.sns.url,
            "SNS_TOPIC_ARN": self.sns.topic_arn,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "DELIVERY_TIMEOUT_SECONDS": 1,
        }

    def changes(self, user: str) -> list[dict[str, Any]]:
        """Data of the user's `bell_changed` events, in the order they were written."""
        return self.emitted("notify.bell_changed.v1", user)

    def taken(self, service: ServiceProcess) -> int:
        """How many copies of events a process of the service has dealt with, new or known."""
        values = service.metrics("yeshi_events_total")
        return int(sum(values.get(f'{{consumer="notify",outcome="{one}"}}', 0) for one in ("done", "seen")))

    def tell(self, *messages: Message, patience: float = 30, copies: int = 1, bundled: bool = False) -> list[str]:
        """Publishes events, and returns their ids once the service has committed what they mean, and knows what to
        make of every copy.
        """
        if copies == 1:
            return super().tell(*messages, patience=patience, bundled=bundled)
        service = self.programs[0]
        expected = self.taken(service) + copies * len(messages)
        ids = super().tell(*messages, patience=patience, copies=copies, bundled=bundled)
        until(lambda: self.taken(service) >= expected, patience)
        return ids

    def tell_bundle(self, *messages: Message, copies: int = 1) -> list[str]:
        """Events of one topic as the relay sends them under load, and returns once notify has committed them."""
        return self.tell(*messages, copies=copies, bundled=True)

    def bound(self, name: str = "賣家", **person: Any) -> tuple[str, str]:
        """A new user bound to a new friend of the account: (user, LINE user)."""
        user, line_user = str(uuid7()), self.line.user(name, **person)
        self.tell(line_changed(user, line_user))
        return user, line_user

    def deliveries(self, user: str) -> list[tuple[str, str, str | None]]:
        """(channel, state, last error) of a user's deliveries, in the order of their making."""
        query = "SELECT channel, state, last_error FROM deliveries WHERE user_id = %s ORDER BY delivery_id"
        return self.rows(query, user)

    def settled(self, user: str, patience: float = 30) -> list[tuple[str, str, str | None]]:
        """The same, once none of them waits."""
        until(lambda: self.deliveries(user) and all(one[1] != "waiting" for one in self.deliveries(user)), patience)
        return self.deliveries(user)


def confirmed(seller: str, **values: Any) -> orders.OrderConfirmedV1:
    """A new order that stands."""
    fields = {"checkout_id": str(uuid7()), "order_id": str(uuid7()), "shop_id": str(uuid7()), "buyer_id": str(uuid7())}
    amounts = {"status": "unpaid", "items_total": 1200, "shipping_fee": 80, "total_price": 1280}
    return orders.OrderConfirmedV1(
        **{**fields, **amounts, "seller_id": seller, "confirmed_at": rfc3339(now()), **values}
    )


def moved(kind: type[Message], order: orders.OrderConfirmedV1, **values: Any) -> Message:
    """A later event of an order."""
    ids = {name: getattr(order, name) for name in ("checkout_id", "order_id", "shop_id", "seller_id", "buyer_id")}
    return kind(**{**ids, "at": rfc3339(now()), **values})


def line_changed(user: str, line_user: str | None, version: int = 1) -> users.LineChangedV1:
    """A binding."""
    return users.LineChangedV1(user_id=user, version=version, line_user_id=line_user, changed_at=rfc3339(now()))


def locale_changed(user: str, locale: str, version: int = 2) -> users.LocaleChangedV1:
    """A language somebody reads from now on."""
    return users.LocaleChangedV1(user_id=user, version=version, locale=locale, changed_at=rfc3339(now()))


def shop_changed(owner: str, staff: dict[str, str], **values: Any) -> catalog.ShopChangedV1:
    """A shop."""
    people = [catalog.Staff(user_id=owner, role="owner")]
    people += [catalog.Staff(user_id=user, role=role) for user, role in staff.items()]
    fields = {
        "shop_id": str(uuid7()),
        "version": 1,
        "name": "寧夏茶行",
        "kind": "茶行",
        "state": "open",
        "shipping": [],
    }
    return catalog.ShopChangedV1(**{**fields, "owner_id": owner, "staff": people, **values})


def webhook(event: dict[str, Any]) -> gateway.LineWebhookReceivedV1:
    """A LINE event as the door passes it on."""
    return gateway.LineWebhookReceivedV1(
        webhook_event_id=event["webhookEventId"],
        destination="U0",
        received_at=rfc3339(now()),
        body=msgspec.json.encode(event).decode(),
    )


@pytest.fixture(scope="session")
def world(
    rabbitmq: RabbitServer, postgres: PostgresServer, sns: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """One broker, one database, and one process of the service for all tests; each has users of its own."""
    home = tmp_path_factory.mktemp("notify")
    with (
        line_double(home, channel_id=CHANNEL_ID, channel_secret=CHANNEL_SECRET) as line,
        postgres_world(World, "notify", rabbitmq, postgres, home, line=line, sns=sns.server) as made,
    ):
        made.start()
        yield made


@pytest.fixture(scope="session")
def work(world: World) -> ServiceProcess:
    """The work process."""
    return world.start("work")


@pytest.fixture
def away(work: ServiceProcess) -> contextlib.AbstractContextManager[None]:
    """The work process does nothing for the block."""

    @contextlib.contextmanager
    def still() -> Iterator[None]:
        work.pause()
        try:
            yield
        finally:
            work.resume()

    return still()


@pytest.fixture
def line(world: World) -> Iterator[LineDouble]:
    """LINE, without the faults of another test afterwards."""
    yield world.line
    world.line.clear_faults()
    world.line.settings(quota=None, rates={})
    world.rows("DELETE FROM line_budget")


@pytest.fixture
def make() -> type["Make"]:
    """Makes events."""
    return Make


class Make:
    """The events notify hears."""

    confirmed = staticmethod(confirmed)
    moved = staticmethod(moved)
    line_changed = staticmethod(line_changed)
    locale_changed = staticmethod(locale_changed)
    shop_changed = staticmethod(shop_changed)
    webhook = staticmethod(webhook)
