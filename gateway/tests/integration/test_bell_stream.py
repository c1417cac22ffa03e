"""Bell streams of the real process on the real bus."""

import socket
import time

import httpx
import pytest

from chassis.clock import now, rfc3339
from contracts.notify import BellChangedV1, BellItem
from contracts.users import SessionRevokedV1
from yeshi_local.testing import until


class Bell:
    """A user's bell behind the gateway: answers as notify does, and rings over the bus."""

    def __init__(self, behind, user_id):
        self.behind, self.user_id = behind, user_id
        self.items = []
        self.unread = 0

    @property
    def seq(self):
        return len(self.items)

    def ring(self, *, tell=True):
        self.unread += 1
        number = self.seq + 1
        item = BellItem(
            notification_id=f"n{number}",
            event_id=f"e{number}",
            type="order.new",
            title="新訂單",
            body="有一筆新訂單",
            link="/orders/1",
            created_at=rfc3339(now()),
            seq=number,
        )
        self.items.append(item)
        if tell:
            self.tell(number)

    def tell(self, number):
        item = self.items[number - 1]
        self.behind.publish(BellChangedV1(user_id=self.user_id, seq=number, unread_count=number, item=item))

    def after(self, seq):
        import msgspec

        return {
            "seq": self.seq,
            "unread_count": self.unread,
            "items": [msgspec.to_builtins(item) for item in self.items if item.seq > seq],
            "complete": True,
        }


@pytest.fixture
def bell(behind, person):
    made = Bell(behind, person.user_id)
    bells = {person.user_id: made}
    behind.on(
        "notify.unread_count",
        lambda principal, _: {
            "unread_count": bells[principal["user_id"]].unread,
            "seq": bells[principal["user_id"]].seq,
        },
    )
    behind.on("notify.list_after", lambda _, payload: bells[payload["user_id"]].after(payload["seq"]))
    return made


def test_a_ring_arrives_after_the_count_it_began_with(gateway, person, bell, open_stream):
    bell.ring(tell=False)
    with open_stream(gateway.url, person.headers) as reader:
        assert reader.answer.headers["content-type"].startswith("text/event-stream")
        assert reader.answer.headers["cache-control"] == "no-store, no-transform"
        assert reader.next() == {"id": "1", "event": "unread", "data": {"unread_count": 1}}
        bell.ring()
        event = reader.next()
    assert (event["id"], event["event"]) == ("2", "notification")
    assert event["data"]["item"]["title"] == "新訂單"
    assert event["data"]["unread_count"] == 2


def test_a_client_resumes_where_it_stopped(gateway, person, bell, open_stream):
    for _ in range(4):
        bell.ring(tell=False)
    with open_stream(gateway.url, {**person.headers, "last-event-id": "2"}) as reader:
        assert reader.next()["data"] == {"unread_count": 4}
        assert [reader.next()["id"], reader.next()["id"]] == ["3", "4"]


def test_a_gap_on_the_bus_is_filled_in_order(gateway, person, bell, open_stream):
    with open_stream(gateway.url, person.headers) as reader:
        reader.next()
        bell.ring(tell=False)
        bell.ring(tell=False)
        bell.ring()
        assert [reader.next()["id"] for _ in range(3)] == ["1", "2", "3"]


def test_a_stream_ends_with_its_session(gateway, person, bell, behind, open_stream):
    with open_stream(gateway.url, person.headers) as reader:
        reader.next()
        behind.publish(SessionRevokedV1(session_id=person.session_id, until="2099-01-01T00:00:00Z"))
        assert reader.comments_until_end() == []


def test_a_stream_ends_with_its_token(gateway, world, bell, person, open_stream):
    short = world.signer.token(person.user_id, person.session_id, lives=-27)  # the leeway leaves three seconds
    started = time.monotonic()
    with open_stream(gateway.url, {"authorization": f"Bearer {short}"}) as reader:
        reader.next()
        reader.comments_until_end()
    assert time.monotonic() - started < 6


def test_a_client_that_left_is_noticed(gateway, person, bell, open_stream):
    def open_streams():
        text = httpx.get(f"{gateway.url}/metrics").text
        return int(float(text.split("\nyeshi_bell_streams ")[1].split("\n")[0]))

    before = open_streams()
    with open_stream(gateway.url, person.headers) as reader:
        reader.next()
        assert open_streams() == before + 1
    until(lambda: open_streams() == before)


def test_without_a_token_there_is_no_stream(gateway):
    assert httpx.get(f"{gateway.url}/v1/notifications/stream").status_code == 401


def test_while_notify_is_away_a_stream_is_refused_with_a_hint(gateway, behind, person):
    from chassis.errors import Unavailable

    def away(*_):
        raise Unavailable("no")

    behind.on("notify.unread_count", away)
    answer = httpx.get(f"{gateway.url}/v1/notifications/stream", headers=person.headers)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_after_the_bus_was_away_streams_catch_up(world, rabbitmq, gateway, person, bell, open_stream):
    with open_stream(gateway.url, person.headers, timeout=30) as reader:
        reader.next()
        rabbitmq.server.ctl("close_all_connections", "--vhost", world.amqp_url.rpartition("/")[2], "a test")
        bell.ring(tell=False)
        assert reader.next()["id"] == "1"
        until(lambda: httpx.get(f"{gateway.url}/readyz").status_code == 200)
        bell.ring()
        assert reader.next()["id"] == "2"


def test_a_head_request_of_the_stream_is_answered_and_over(gateway, person, bell):
    answer = httpx.head(f"{gateway.url}/v1/notifications/stream", headers=person.headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_at_sigterm_streams_end_and_the_process_goes_in_time(world, person, bell, open_stream):
    program = world.start()
    with open_stream(program.url, person.headers) as reader:
        reader.next()
        with socket.create_connection(("127.0.0.1", int(program.url.rpartition(":")[2]))) as idle:
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            idle.recv(4096)
            started = time.monotonic()
            assert program.stop() == 0
    assert time.monotonic() - started < 10
