"""What the broker says of published rows, whatever the order and the moment in which it says it."""

from collections import defaultdict
from types import SimpleNamespace

import pytest

from chassis.errors import Unavailable
from chassis.ids import uuid7
from chassis.outbox import Row
from chassis.plain import publisher as module
from chassis.plain.publisher import Publisher


class Broker:
    """Stands for `amqp.Connection`. What it is to say is a list of functions, said one at each `drain_events`."""

    def __init__(self, monkeypatch):
        self.opened, self.sent, self.says, self.takes = 0, [], [], 100
        monkeypatch.setattr(module.amqp, "Connection", self._connection)
        monkeypatch.setattr(module, "CONFIRM_TIMEOUT", 0.05)

    def _connection(self, *_place, **_options):
        self.opened += 1
        self.events = defaultdict(set)
        channel = SimpleNamespace(
            events=self.events, confirm_select=lambda: None, basic_publish=self._publish, collect=lambda: None
        )
        return SimpleNamespace(
            connect=lambda: None,
            channel=lambda: channel,
            drain_events=self._drain,
            heartbeat_tick=lambda: None,
            collect=lambda: None,
            close=lambda: None,
        )

    def _publish(self, message, _exchange, _key, *, mandatory):
        if len(self.sent) >= self.takes:
            raise ConnectionResetError
        self.sent.append(message)
        assert mandatory is False  # nobody durable hears these topics

    def _drain(self, *, timeout):
        if not self.says:
            raise TimeoutError
        self.says.pop(0)()

    def confirms(self, tag, multiple=False):
        self.says.append(lambda: [hear(tag, multiple) for hear in self.events["basic_ack"]])

    def refuses(self, tag, multiple=False):
        self.says.append(lambda: [hear(tag, multiple) for hear in self.events["basic_nack"]])

    def returns(self, row):
        message = SimpleNamespace(properties={"message_id": str(row.id)})
        self.says.append(
            lambda: [hear(ValueError("NO_ROUTE"), "", "", message) for hear in self.events["basic_return"]]
        )

    def breaks(self):
        def broken():
            raise ConnectionResetError

        self.says.append(broken)


@pytest.fixture
def broker(monkeypatch):
    return Broker(monkeypatch)


@pytest.fixture
def publisher(broker):
    return Publisher("amqp://u:p@127.0.0.1:1/v", "test")


def rows(number):
    """Each of a topic of its own, so that none travels with another."""
    return [Row(uuid7(), f"test.topic_{at}.v1", b"{}") for at in range(number)]


def ids(some):
    return [row.id for row in some]


def test_one_confirm_may_speak_of_all_before_it(broker, publisher):
    sent = rows(4)
    broker.confirms(3, multiple=True)
    broker.confirms(4)
    assert publisher.publish(sent).confirmed == ids(sent)
    assert [message.properties["message_id"] for message in broker.sent] == [str(row.id) for row in sent]


def test_a_return_comes_before_its_confirm_and_counts(broker, publisher):
    sent = rows(3)
    broker.returns(sent[1])
    broker.confirms(3, multiple=True)
    outcome = publisher.publish(sent)
    assert outcome.confirmed == [sent[0].id, sent[2].id]
    assert outcome.returned == {sent[1].id: "returned by the broker: NO_ROUTE"}


def test_what_the_broker_could_not_keep_or_said_nothing_of_is_unknown(broker, publisher):
    sent = rows(3)
    broker.refuses(1)
    broker.confirms(2)
    outcome = publisher.publish(sent)
    assert (outcome.confirmed, outcome.returned) == ([sent[1].id], {})


def test_a_late_word_on_rows_of_before_is_not_heard_as_one_on_these(broker, publisher):
    publisher.publish(rows(2))
    now = rows(2)
    broker.confirms(2, multiple=True)
    broker.confirms(4)
    assert publisher.publish(now).confirmed == [now[1].id]


def test_a_connection_that_breaks_keeps_what_was_confirmed_and_is_made_anew(broker, publisher):
    sent = rows(2)
    broker.confirms(1)
    broker.breaks()
    assert publisher.publish(sent).confirmed == [sent[0].id]
    broker.confirms(1)
    again = rows(1)
    assert publisher.publish(again).confirmed == ids(again)
    assert broker.opened == 2


def test_what_could_not_be_sent_at_all_is_said(broker, publisher):
    broker.takes = 0
    with pytest.raises(Unavailable):
        publisher.publish(rows(2))
    broker.takes = 1
    assert publisher.publish(rows(2)).confirmed == []  # one is on its way


def test_a_rested_connection_is_looked_at_before_it_is_used(broker, publisher, monkeypatch):
    monkeypatch.setattr(module, "BEAT_EVERY", -1)
    publisher.connect()
    broker.breaks()
    with pytest.raises(Unavailable):
        publisher.connect()
    publisher.connect()
    assert broker.opened == 2
