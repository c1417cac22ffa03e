"""Deliveries on a clock that tests move."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from chassis.testing.memory import Part
from notify.domain.delivery import Delivery, State
from notify.domain.preferences import Channel

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)  # in Taipei


class MemoryOutgoing(Part):
    def deliver(self, deliveries):
        self.store.deliveries.extend(deliveries)

    def answer(self, inbound):
        for one in inbound:
            self.store.inbound.setdefault(one.event_id, one)


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
                row = replace(row, missed=row.missed + self.missed.pop(row.user_id, 0))
            self.rows[one] = row
            self.due[one] = now + timedelta(seconds=lease)
            claimed.append(row)
        return claimed

    def settle(self, verdicts):
        for one in verdicts:
            ours = self.rows[one.delivery.id].attempts == one.delivery.attempts
            if self.states[one.delivery.id][0] is not State.WAITING or not (ours or one.state is State.DELIVERED):
                continue
            self.states[one.delivery.id] = (one.state, one.reason)
            self.due[one.delivery.id] = self._clock() + timedelta(seconds=one.pause)
            if one.state is State.GIVEN_UP:
                self._miss(one.delivery, int(one.swallowed))

    def give_back(self, deliveries):
        for one in deliveries:
            if self.states[one.id][0] is State.WAITING and self.rows[one.id].attempts == one.attempts:
                self.rows[one.id] = replace(self.rows[one.id], attempts=one.attempts - 1)
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
