"""Notify in memory: the same application on parts that forget everything."""

import copy
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from notify.application.ports import BindingCopy, Changes, Rung, ShopCopy
from notify.bootstrap.service import Notify, assemble
from notify.domain.bell import Bell, Notification
from notify.domain.delivery import Delivery, State
from notify.domain.preferences import Channel, Preferences
from notify.domain.rules import Kind, News, Shop

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)  # in Taipei


@dataclass
class Store:
    """What would be tables."""

    bells: dict = field(default_factory=dict)
    notifications: dict = field(default_factory=dict)
    shops: dict = field(default_factory=dict)
    bindings: dict = field(default_factory=dict)
    friends: dict = field(default_factory=dict)
    preferences: dict = field(default_factory=dict)
    deliveries: list = field(default_factory=list)
    inbound: dict = field(default_factory=dict)
    events: list = field(default_factory=list)


class MemoryUnit:
    """A unit of work on a store: every repository in one, since their methods differ."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.bells = self
        self.shops = _Shops(store)
        self.line = self
        self.wishes = _Wishes(store)
        self.outgoing = self

    def publish(self, *events):
        self.store.events.extend(events)

    def ring(self, rings, at):
        rung = []
        there = {(one.event_id, one.user_id) for one in self.store.notifications.values()}
        for ring in rings:
            if (ring.event_id, ring.user_id) in there:
                continue
            before = self.store.bells.get(ring.user_id, Bell())
            bell = self.store.bells[ring.user_id] = Bell(before.seq + 1, before.unread + 1)
            self.store.notifications[ring.notification_id] = Notification(
                ring.notification_id,
                ring.event_id,
                ring.user_id,
                ring.type,
                ring.title,
                ring.body,
                ring.link,
                bell.seq,
                at,
            )
            binding = self.store.bindings.get(ring.user_id)
            line_user = binding.line_user_id if binding else None
            friend = self.store.friends.get(line_user)
            reachable = None if friend and friend.blocked else line_user
            rung.append(Rung(ring, bell, self.store.preferences.get(ring.user_id, Preferences()), reachable))
        return rung

    def lock(self, user_id):
        return self.store.bells.get(user_id, Bell())

    def mark_read(self, user_id, notification_id, at):
        found = self.store.notifications.get(notification_id)
        if found is None or found.user_id != user_id:
            return None
        if found.read_at:
            return False
        self.store.notifications[notification_id] = replace(found, read_at=at, seen_at=found.seen_at or at)
        return True

    def mark_all_read(self, user_id, at):
        unread = [one.id for one in self.store.notifications.values() if one.user_id == user_id and not one.read_at]
        return sum(bool(self.mark_read(user_id, one, at)) for one in unread)

    def save(self, user_id, bell):
        self.store.bells[user_id] = bell

    def bind(self, copies):
        for one in copies:
            if one.user_id not in self.store.bindings or one.version > self.store.bindings[one.user_id].version:
                self.store.bindings[one.user_id] = one

    def befriend(self, news):
        self.store.friends.update({one.line_user_id: one for one in news})

    def deliver(self, deliveries):
        self.store.deliveries.extend(deliveries)

    def answer(self, inbound):
        for one in inbound:
            self.store.inbound.setdefault(one.event_id, one)


class _Shops:
    def __init__(self, store):
        self.store = store

    def get(self, shop_ids):
        found = {one: self.store.shops[one] for one in shop_ids if one in self.store.shops}
        return {one: Shop(shop.name, shop.people) for one, shop in found.items()}

    def put(self, copies):
        for one in copies:
            if one.shop_id not in self.store.shops or one.version > self.store.shops[one.shop_id].version:
                self.store.shops[one.shop_id] = one


class _Wishes:
    def __init__(self, store):
        self.store = store

    def get(self, user_id):
        return self.store.preferences.get(user_id, Preferences())

    def put(self, user_id, wanted):
        if self.get(user_id).version != wanted.version - 1:
            return False
        self.store.preferences[user_id] = wanted
        return True


class MemoryReader:
    """Answers from a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def _of(self, user_id):
        return sorted((one for one in self.store.notifications.values() if one.user_id == user_id), key=lambda n: n.seq)

    def page(self, user_id, unread, before, limit):
        items = [one for one in self._of(user_id) if not (unread and one.read_at)]
        if before is not None:
            items = [one for one in items if one.seq < self.store.notifications[before].seq]
        return self.store.bells.get(user_id, Bell()), items[::-1][:limit]

    def bells(self, user_ids):
        return {one: self.store.bells[one] for one in user_ids if one in self.store.bells}

    def after(self, asked, most):
        def changes(user_id, seq):
            items = [one for one in self._of(user_id) if one.seq > seq]
            return Changes(self.store.bells.get(user_id, Bell()), items[:most], len(items) <= most)

        return [changes(*one) for one in asked]

    def preferences(self, user_id):
        return self.store.preferences.get(user_id, Preferences())

    def seen(self, user_id, notification_ids, at):
        for one in notification_ids:
            self.store.notifications[one] = replace(self.store.notifications[one], seen_at=at)


@dataclass
class World:
    """A market with one seller whose shop has a clerk."""

    store: Store = field(default_factory=Store)
    now: datetime = NOON
    seller: UUID = field(default_factory=uuid4)
    clerk: UUID = field(default_factory=uuid4)
    buyer: UUID = field(default_factory=uuid4)
    shop: UUID = field(default_factory=uuid4)
    app: Notify = field(init=False)

    def __post_init__(self) -> None:
        reader = MemoryReader(self.store)
        self.app = assemble(self.unit, reader, reader.seen, lambda: self.now, uuid4, uuid4)
        self.store.shops[self.shop] = ShopCopy(self.shop, "寧夏茶行", (self.seller, self.clerk), 1)

    @contextmanager
    def unit(self) -> Iterator[MemoryUnit]:
        before = copy.deepcopy(vars(self.store))
        try:
            yield MemoryUnit(self.store)
        except BaseException:
            vars(self.store).update(before)
            raise

    def news(self, kind: Kind = Kind.ORDER_CONFIRMED, **values) -> News:
        fields = {
            "event_id": uuid4(),
            "at": self.now,
            "subject": uuid4(),
            "seller_id": self.seller,
            "buyer_id": self.buyer,
            "shop_id": self.shop,
            "total": 1280,
            "status": "unpaid",
        }
        return News(kind, **{**fields, **values})

    def ring(self, *news: News) -> None:
        with self.unit() as unit:
            self.app.ringer.ring(news, unit)

    def rang(self, user: UUID) -> list[str]:
        """Types of a user's notifications, oldest first."""
        return [one.type for one in MemoryReader(self.store)._of(user)]

    def bind(self, user: UUID, line_user: str | None = "U1", version: int = 1) -> None:
        with self.unit() as unit:
            self.app.listener.bindings([BindingCopy(user, line_user, version)], unit)


@pytest.fixture
def world() -> World:
    return World()


class MemoryDeliveries:
    """Deliveries on a clock that tests move."""

    def __init__(self, clock) -> None:
        self._clock = clock
        self.rows: dict[UUID, Delivery] = {}
        self.states: dict[UUID, tuple[State, str]] = {}
        self.due: dict[UUID, datetime] = {}
        self.missed: dict[UUID, int] = {}
        self.closed_until: datetime | None = None

    def add(self, user=None, **values) -> Delivery:
        fields = {
            "id": uuid4(),
            "notification_id": uuid4(),
            "event_id": uuid4(),
            "user_id": user or uuid4(),
            "channel": Channel.LINE,
            "address": "U1",
            "retry_key": uuid4(),
            "attempts": 0,
            "expires_at": self._clock() + timedelta(hours=20),
            "type": "order.new",
            "title": "新訂單 NT$1,280",
            "body": "「寧夏茶行」有一筆新訂單。",
            "link": "/seller/orders/1",
        }
        one = Delivery(**{**fields, **values})
        self.rows[one.id] = one
        self.states[one.id] = (State.WAITING, "")
        self.due[one.id] = self._clock()
        return one

    def claim(self, channel, limit, lease):
        now = self._clock()
        waiting = [one for one, (state, _) in self.states.items() if state is State.WAITING and self.due[one] <= now]
        waiting = [one for one in waiting if self.rows[one].channel is channel]
        if channel is Channel.LINE and self.closed_until and self.closed_until > now:
            for one in waiting[:limit]:
                self.states[one] = (State.GIVEN_UP, "quota")
                self._miss(self.rows[one], 1)
            return []
        claimed = []
        for one in waiting[:limit]:
            row = replace(self.rows[one], attempts=self.rows[one].attempts + 1)
            if row.attempts == 1 and channel is Channel.LINE:
                row = replace(row, missed=self.missed.pop(row.user_id, 0))
            self.rows[one] = row
            self.due[one] = now + timedelta(seconds=lease)
            claimed.append(row)
        return claimed

    def settle(self, verdicts):
        for one in verdicts:
            self.states[one.delivery.id] = (one.state, one.reason)
            self.due[one.delivery.id] = self._clock() + timedelta(seconds=one.pause)
            if one.state is State.GIVEN_UP:
                self._miss(one.delivery, int(one.swallowed))

    def give_back(self, deliveries):
        for one in deliveries:
            self.rows[one.id] = replace(self.rows[one.id], attempts=self.rows[one.id].attempts - 1)
            self.due[one.id] = self._clock()

    def close_budget(self, until, refused_at):
        self.closed_until = until

    def _miss(self, row, more):
        if row.missed + more:
            self.missed[row.user_id] = self.missed.get(row.user_id, 0) + row.missed + more


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **how) -> None:
        self.now += timedelta(**how)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deliveries(clock) -> MemoryDeliveries:
    return MemoryDeliveries(clock)


@pytest.fixture
def script():
    """Answers one after the other, then the last for ever."""

    def made(*answers):
        return itertools.chain(answers, itertools.repeat(answers[-1]))

    return made
