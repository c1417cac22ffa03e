"""From MQTT messages to readings: what counts, what does not, and when a message is acknowledged."""

from collections import deque
from dataclasses import replace
from uuid import UUID

import msgspec
import psycopg2
import pytest
from paho.mqtt.client import MQTTMessage

from chassis.clock import rfc3339
from chassis.errors import DatabaseUnavailable
from edge_gateway.adapters.mqtt_address import Address
from edge_gateway.adapters.mqtt_session import MOST_WAITING, Arrival, MqttSession
from edge_gateway.application.ports import Taken
from edge_gateway.domain.flood import Allowance
from edge_gateway.entrypoints import intake
from edge_gateway.entrypoints.intake import Dropped, Intake, reading_of

DEVICE = "0193f5a0-000d-7000-8000-000000000000"


@pytest.fixture
def arrival(world):
    def make(**fields) -> Arrival:
        told = {"id": "a:1", "ts": rfc3339(world.at), "dir": "in", "n": 2, "src": "cam"}
        payload = fields.pop("payload", None) or msgspec.json.encode({**told, **fields.pop("told", {})})
        usual = {"connection": 1, "mid": 1, "qos": 1, "retained": False, "received_at": world.at, "instant": 0.0}
        return Arrival(payload=payload, topic=fields.pop("topic", f"yeshi/v1/{DEVICE}/count"), **{**usual, **fields})

    return make


def plenty() -> Allowance:
    return Allowance(50, 1000)


def reason(arrival, allowance=None) -> str:
    with pytest.raises(Dropped) as dropped:
        reading_of(arrival, allowance or plenty())
    return str(dropped.value)


def test_a_reading_is_of_the_device_its_topic_names_whatever_it_says_itself(arrival, world):
    reading = reading_of(arrival(told={"device_id": "another", "device": "another"}), plenty())
    assert reading.device_id == UUID(DEVICE)
    assert (reading.message_id, reading.entering, reading.people, reading.seen_by) == ("a:1", True, 2, "cam")
    assert reading.minute == world.at.replace(second=0)


@pytest.mark.parametrize("ts", [1796126430, 1796126430.25, "2026-12-01T20:00:30+08:00", "2026-12-01T12:00:30Z"])
def test_times_are_rfc_3339_or_seconds(arrival, world, ts):
    assert reading_of(arrival(told={"ts": ts}), plenty()).minute == world.at.replace(second=0)


def test_what_a_device_adds_for_people_is_allowed(arrival):
    extra = {"seq": 7, "boot": "b1", "mono": 12.5, "conf": 0.62, "hist": False, "later": {"x": 1}}
    assert reading_of(arrival(told=extra), plenty()).message_id == "a:1"


@pytest.mark.parametrize(
    "told",
    [
        {"id": ""},
        {"id": "x" * 65},
        {"id": "a\0"},
        {"id": "a\nb"},
        {"id": 7},
        {"ts": "noon"},
        {"ts": "2026-12-01T12:00:30"},
        {"ts": True},
        {"ts": None},
        {"ts": 1e300},
        {"ts": "0001-01-01T00:00:00+14:00"},
        {"dir": "up"},
        {"n": 0},
        {"n": 1001},
        {"n": 1.5},
        {"n": "1"},
        {"src": "x" * 17},
        {"src": "a\0"},
        {"hist": "yes"},
    ],
    ids=str,
)
def test_a_value_that_is_not_allowed_makes_it_malformed(arrival, told):
    assert reason(arrival(told=told)) == "malformed"


@pytest.mark.parametrize("payload", [b"{", b"[]", b"\xff", b"[" * 2000, b'{"id":"\xed\xa0\x80"}'])
def test_bytes_that_are_no_reading_are_malformed(arrival, payload):
    assert reason(arrival(payload=payload)) == "malformed"


def test_the_other_reasons_why_a_message_counts_nothing(arrival):
    assert reason(arrival(retained=True)) == "retained"
    assert reason(arrival(payload=b" " * 2049)) == "too_large"
    assert reason(arrival(topic="yeshi/v1/door-1/count")) == "unknown_device"
    spent = Allowance(50, 1)
    reading_of(arrival(), spent)
    assert reason(arrival(), spent) == "throttled"


class Session:
    """A session that brings given batches and remembers what was acknowledged."""

    def __init__(self, *batches) -> None:
        self.batches = deque(batches)
        self.acked = []
        self.connection = 1

    def take(self, most):
        return self.batches.popleft() if self.batches else []

    def current(self, arrival):
        return arrival.connection == self.connection

    def ack(self, arrivals):
        self.acked += [arrival.mid for arrival in arrivals]


class Counting:
    """Keeps readings, after failing in the given ways."""

    def __init__(self, *errors, poison=()) -> None:
        self.errors = deque(errors)
        self.poison = poison
        self.kept = []

    def record(self, readings):
        if self.errors:
            action = self.errors.popleft()
            raise action() if callable(action) else action
        if any(one.message_id in self.poison for one in readings):
            raise error_of("22003")
        self.kept += [one.message_id for one in readings]
        return Taken([], len(readings), 0, 0)


def error_of(code: str) -> psycopg2.Error:
    class Known(psycopg2.Error):
        pgcode = code

    return Known("told by the database")


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(intake, "FIRST_PAUSE", 0.001)


def batch_of(arrival, *ids, **fields):
    return [arrival(mid=index, told={"id": one}, **fields) for index, one in enumerate(ids, 1)]


def test_a_batch_is_acknowledged_in_order_once_it_is_kept_bad_ones_too(arrival):
    batch = batch_of(arrival, "a", "b", "c")
    batch[1] = replace(batch[1], payload=b"garbage")
    session, counting = Session(batch), Counting()
    Intake(session, counting, plenty()).run()
    assert counting.kept == ["a", "c"]
    assert session.acked == [1, 2, 3]


def test_a_batch_of_garbage_asks_the_database_nothing(arrival):
    session, counting = Session([arrival(payload=b"garbage")]), Counting(RuntimeError("asked"))
    Intake(session, counting, plenty()).run()
    assert session.acked == [1]


@pytest.mark.parametrize(
    "error", [DatabaseUnavailable("away"), error_of("40P01"), error_of("23514"), error_of("42P01")]
)
def test_nothing_is_acknowledged_before_the_database_took_it(arrival, error):
    session = Session(batch_of(arrival, "a", "b"))
    seen = []
    counting = Counting(error, lambda: seen.append(list(session.acked)) or error)
    Intake(session, counting, plenty()).run()
    assert seen == [[]]
    assert counting.kept == ["a", "b"]
    assert session.acked == [1, 2]


def test_a_reading_the_database_cannot_take_holds_up_nobody(arrival):
    session, counting = Session(batch_of(arrival, "a", "bad", "c")), Counting(poison={"bad"})
    Intake(session, counting, plenty()).run()
    assert counting.kept == ["a", "c"]
    assert session.acked == [1, 2, 3]


def test_a_batch_whose_connection_ended_is_left_alone(arrival):
    session = Session(batch_of(arrival, "a"), batch_of(arrival, "b", connection=2))

    def gone():
        session.connection = 2
        return DatabaseUnavailable("away")

    counting = Counting(gone)
    Intake(session, counting, plenty()).run()
    assert counting.kept == ["b"]
    assert session.acked == [1]


def test_a_reading_that_comes_again_on_the_next_connection_costs_its_device_once(arrival):
    session = Session(batch_of(arrival, "a", "b"), batch_of(arrival, "a", "b", connection=2))

    def gone():
        session.connection = 2
        return DatabaseUnavailable("away")

    counting = Counting(gone)
    Intake(session, counting, Allowance(50, 2)).run()
    assert counting.kept == ["a", "b"]


@pytest.fixture
def session():
    made = MqttSession(Address("127.0.0.1", 1, False), "c", "u", "p", expiry=60)
    acked = []
    made._client.ack = lambda mid, qos: acked.append(mid)
    made.acked = acked
    return made


def bring(session, mid: int, qos: int = 1) -> None:
    message = MQTTMessage(mid, f"yeshi/v1/{DEVICE}/count".encode())
    message.payload, message.qos = b"{}", qos
    session._arrived(session._client, None, message)


def test_what_one_connection_brought_is_not_acknowledged_on_the_next(session):
    bring(session, 7)
    old = session.take(10)
    session._disconnected(session._client, None, None, "gone", None)
    bring(session, 7)  # the broker sends it again, or something else by now, under the same number
    assert not session.current(old[0])
    session.ack(old)
    assert session.acked == []
    session.ack(session.take(10))
    assert session.acked == [7]


def test_what_waited_when_the_connection_ended_is_forgotten(session):
    bring(session, 1)
    session._disconnected(session._client, None, None, "gone", None)
    bring(session, 2)
    assert [one.mid for one in session.take(10)] == [2]


def test_messages_without_a_promise_are_dropped_when_too_many_wait(session):
    for _ in range(MOST_WAITING + 3):
        bring(session, 0, qos=0)
    bring(session, 9)
    assert session.dropped == 3
    assert [one.mid for one in session.take(10_000)] == [0] * MOST_WAITING + [9]


def test_messages_without_a_promise_need_no_acknowledgement(session):
    bring(session, 0, qos=0)
    session.ack(session.take(10))
    assert session.acked == []


def test_a_session_that_stops_taking_still_acknowledges_what_was_taken(session):
    bring(session, 1)
    taken = session.take(10)
    bring(session, 2)
    session.stop_taking()
    assert session.take(10) == []
    session.ack(taken)
    assert session.acked == [1]


@pytest.mark.parametrize("url", ["", "localhost:1883", "http://x:1883", "mqtt://"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ValueError, match="MQTT_URL"):
        Address.of(url)


def test_an_address_has_the_usual_ports():
    assert Address.of("mqtt://broker") == Address("broker", 1883, False)
    assert Address.of("mqtts://broker") == Address("broker", 8883, True)
    assert Address.of("mqtt://broker:1") == Address("broker", 1, False)
