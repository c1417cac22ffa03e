"""Devices are enrolled, count, and are taken out again: through the bus, the broker and the database."""

import asyncio
import time
from datetime import timedelta

import aio_pika
import pytest

from chassis.aio import Bus
from chassis.aio.server import RpcServer
from chassis.clock import now, rfc3339
from chassis.errors import Missing, Refusal
from chassis.ids import uuid7
from contracts.naming import event_exchange
from yeshi_local.testing import until


def refused(call, *arguments, **named) -> str:
    with pytest.raises(Refusal) as error:
        call(*arguments, **named)
    return error.value.code


def kept(world, enrolled: dict, number: int) -> None:
    """Waits until so many readings of a device are kept."""
    count = "SELECT 1 FROM readings WHERE device_id = %s"
    until(lambda: len(world.rows(count, enrolled["device_id"])) == number)


def minutes(world, enrolled: dict) -> list[tuple]:
    return world.rows(
        "SELECT minute, entered, went_out FROM footfall_minutes WHERE device_id = %s ORDER BY 1", enrolled["device_id"]
    )


def footfall(world, since, until_, bucket="minute", by=None):
    asked = {"shop_id": str(world.shop_id), "from": rfc3339(since), "to": rfc3339(until_), "bucket": bucket}
    return world.asked("footfall", asked, by)["buckets"]


def test_an_enrolled_device_counts_and_the_shop_sees_it(shared):
    enrolled = shared.enrol("前門")
    assert enrolled["mqtt"]["username"] == enrolled["device_id"]
    assert enrolled["mqtt"]["topic"] == f"yeshi/v1/{enrolled['device_id']}"
    at = now()
    with shared.door(enrolled) as door:
        door.count("a:1", ts=rfc3339(at))
        door.count("a:2", ts=at.timestamp(), dir="out", n=2)
        door.count("a:1", ts=rfc3339(at), n=5)  # the same id again
        door.settled(3)
        kept(shared, enrolled, 2)
    minute = at.replace(second=0, microsecond=0)
    assert minutes(shared, enrolled) == [(minute, 1, 2)]
    devices = shared.asked("list_devices", {"shop_id": str(shared.shop_id)}, shared.packer)["items"]
    (device,) = [one for one in devices if one["device_id"] == enrolled["device_id"]]
    assert (device["name"], device["state"]) == ("前門", "active")
    assert device["last_seen_at"]
    assert "password" not in str(devices)


def test_new_counts_reach_the_outbox_with_their_minute_as_it_stands(shared):
    enrolled = shared.enrol()
    at = rfc3339(now())
    with shared.door(enrolled) as door:
        door.count("1", ts=at)
        kept(shared, enrolled, 1)
        door.count("2", ts=at, dir="out", n=3)
        kept(shared, enrolled, 2)
    bodies = shared.rows("SELECT convert_from(body, 'UTF8')::json -> 'data' FROM outbox ORDER BY id")
    told = [body["minutes"] for (body,) in bodies if body["device_id"] == enrolled["device_id"]]
    assert [[(one["entered"], one["left"]) for one in event] for event in told] == [[(1, 0)], [(1, 3)]]


def test_footfall_is_summed_over_devices_and_silent_buckets_are_absent(shared):
    front, back = shared.enrol("前門"), shared.enrol("後門")
    morning = (now() - timedelta(days=20)).replace(hour=2, minute=5, second=7, microsecond=0)  # 10:05 in Taipei
    with shared.door(front) as one, shared.door(back) as two:
        for number, later in enumerate([0, 1, 60, 14 * 60]):  # the last is the next day in Taipei
            one.count(f"f{number}", ts=rfc3339(morning + timedelta(minutes=later)), hist=True)
        two.count("b0", ts=rfc3339(morning), dir="out", n=4, hist=True)
        kept(shared, front, 4)
        kept(shared, back, 1)
    window = (morning - timedelta(hours=3), morning + timedelta(days=2))
    start = morning.replace(second=0)
    assert footfall(shared, *window, "minute") == [
        {"start": rfc3339(start), "in": 1, "out": 4},
        {"start": rfc3339(start + timedelta(minutes=1)), "in": 1, "out": 0},
        {"start": rfc3339(start + timedelta(hours=1)), "in": 1, "out": 0},
        {"start": rfc3339(start + timedelta(hours=14)), "in": 1, "out": 0},
    ]
    by_hour = footfall(shared, *window, "hour", shared.packer)
    assert [(one["in"], one["out"]) for one in by_hour] == [(2, 4), (1, 0), (1, 0)]
    midnight = (start - timedelta(hours=10, minutes=5)).replace(minute=0)  # in Taipei
    assert footfall(shared, *window, "day") == [
        {"start": rfc3339(midnight), "in": 3, "out": 4},
        {"start": rfc3339(midnight + timedelta(days=1)), "in": 1, "out": 0},
    ]
    assert footfall(shared, start, start + timedelta(minutes=1), "minute") == [
        {"start": rfc3339(start), "in": 1, "out": 4}
    ]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"to": "2026-11-01T00:00:00Z"}, "invalid"),
        ({"to": "2026-12-03T00:00:00"}, "invalid"),
        ({"from": "yesterday"}, "invalid"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "invalid"),
        ({"to": "2027-01-02T00:00:00Z", "bucket": "minute"}, "invalid"),
        ({"to": "2028-01-07T00:00:00Z", "bucket": "day"}, "invalid"),
        ({"bucket": "second"}, "invalid"),
        ({"shop_id": "no-id"}, "not_found"),
    ],
    ids=["backwards", "no-offset", "words", "before-time", "long-minutes", "long-days", "bucket", "shop"],
)
def test_a_question_that_makes_no_sense_is_refused(shared, changed, code):
    asked = {"shop_id": str(shared.shop_id), "from": "2026-12-01T00:00:00Z", "to": "2026-12-02T00:00:00Z"}
    assert refused(shared.asked, "footfall", {**asked, **changed}) == code


def test_staff_see_and_only_owner_and_manager_enrol_and_remove(shared):
    enrolled = shared.enrol(by=shared.manager)
    device = {"shop_id": str(shared.shop_id), "device_id": enrolled["device_id"]}
    assert refused(shared.asked, "enrol_device", {**device, "name": "x", "password": "x" * 32}, shared.packer) in {
        "role_required",
        "unavailable",
    }
    assert footfall(shared, now() - timedelta(hours=1), now(), by=shared.packer) is not None
    assert shared.asked("remove_device", device, shared.manager) is None


def test_catalog_is_asked_when_the_copy_would_refuse(shared):
    newcomer, stranger = uuid7(), uuid7()
    asked = []

    async def get_shop(principal, payload):
        asked.append(principal["user_id"])
        if payload["shop_id"] != str(shared.shop_id):
            raise Missing
        shop = {"shop_id": payload["shop_id"], "version": shared.version + 1, "state": "open"}
        if principal["user_id"] in {str(newcomer), str(shared.packer)}:
            people = {shared.owner: "owner", shared.manager: "manager", shared.packer: "packer", newcomer: "manager"}
            shop["staff"] = [{"user_id": str(user), "role": role} for user, role in people.items()]
        return shop

    async def session():
        bus = Bus(shared.amqp_url, "catalog")
        server = RpcServer(bus, "catalog", {"get_shop": get_shop})
        bus.start()
        await bus.consuming.ready(10)
        window = (now() - timedelta(hours=1), now())
        await asyncio.to_thread(until, lambda: refused(footfall, shared, *window, "hour", stranger) != "unavailable")
        # a stranger and somebody else's shop look alike; a colleague hears why
        assert await asyncio.to_thread(refused, footfall, shared, *window, "hour", stranger) == "not_found"
        elsewhere = {"shop_id": str(uuid7()), "device_id": str(uuid7()), "name": "x", "password": "x" * 32}
        assert await asyncio.to_thread(refused, shared.asked, "enrol_device", elsewhere) == "not_found"
        assert await asyncio.to_thread(refused, shared.enrol, by=shared.packer) == "role_required"
        # somebody whose role the copy does not know yet is believed to catalog, and asked for once
        assert await asyncio.to_thread(footfall, shared, *window, "hour", newcomer) is not None
        before = len(asked)
        assert await asyncio.to_thread(footfall, shared, *window, "hour", newcomer) is not None
        assert len(asked) == before
        assert await server.stop(5)
        await bus.close()

    asyncio.run(session())


def test_a_device_of_another_shop_looks_missing(shared):
    ours = shared.enrol()
    shop_id, version = shared.shop_id, shared.version
    shared.shop_id = uuid7()
    try:
        shared.tell_shop(owner=shared.owner)
        until(lambda: shared.rows("SELECT 1 FROM shops WHERE shop_id = %s", str(shared.shop_id)))
        theirs = {"shop_id": str(shared.shop_id), "device_id": ours["device_id"]}
        assert refused(shared.asked, "enrol_device", {**theirs, "name": "x", "password": "x" * 32}) == "not_found"
        assert refused(shared.asked, "remove_device", theirs) == "not_found"
        assert shared.asked("list_devices", {"shop_id": theirs["shop_id"]}) == {"items": []}
    finally:
        shared.shop_id, shared.version = shop_id, version
    with shared.door(ours) as door:
        assert door.connected == "Success"


def test_a_device_publishes_below_its_own_topic_and_hears_nothing(shared):
    one, two = shared.enrol(), shared.enrol()
    with shared.door(one) as door:
        foreign = f"{two['mqtt']['topic']}/count"
        for topic in (foreign, "yeshi/v1/x/count", one["mqtt"]["topic"] + "x/count", "other"):
            door.publish(b'{"id":"x"}', topic)
        door.settled(4)
        assert door.reasons == ["Not authorized"] * 4
        door.reasons.clear()
        topics = ["#", "yeshi/v1/+/count", foreign, "$CONTROL/dynamic-security/v1/response", "$SYS/#"]
        for topic in topics:
            door.client.subscribe(topic, qos=1)
        until(lambda: len(door.reasons) == len(topics))
        assert set(door.reasons) == {"Not authorized"}
        door.publish(b'{"commands":[]}', "$CONTROL/dynamic-security/v1")
        door.publish(b"{}", f"{one['mqtt']['topic']}/status", retain=True)
        door.settled(6)
        assert door.reasons[-2:] == ["Not authorized", "No matching subscribers"]
    assert shared.rows("SELECT 1 FROM readings WHERE device_id = %s", two["device_id"]) == []


def test_a_removed_device_is_out_at_once_and_its_counts_stay(shared):
    enrolled = shared.enrol()
    device = {"shop_id": str(shared.shop_id), "device_id": enrolled["device_id"]}
    with shared.door(enrolled) as door:
        door.count("1")
        kept(shared, enrolled, 1)
        started = time.monotonic()
        shared.asked("remove_device", device)
        until(lambda: door.disconnected and not door.connected.startswith("Success"), 5)
        assert time.monotonic() - started < 5
        assert door.connected == "Not authorized"
    shared.asked("remove_device", device)  # again changes nothing
    devices = shared.asked("list_devices", {"shop_id": str(shared.shop_id)})["items"]
    assert enrolled["device_id"] not in {one["device_id"] for one in devices}
    assert len(minutes(shared, enrolled)) == 1
    assert refused(shared.asked, "enrol_device", {**device, "name": "x", "password": "x" * 32}) == "device_removed"


def test_a_new_password_ends_the_one_before_at_once_and_the_counts_go_on(shared):
    before = shared.enrol("前門")
    with shared.door(before) as old:
        old.count("1")
        kept(shared, before, 1)
        assert refused(shared.renew, before, shared.packer) in {"role_required", "unavailable"}
        after = shared.renew(before, shared.manager)
        until(lambda: old.disconnected and old.connected == "Not authorized", 5)
    assert (after["device_id"], after["name"]) == (before["device_id"], "前門")
    with shared.door(after) as door:
        door.count("1")  # counted already
        door.count("2")
        door.settled(2)
        kept(shared, after, 2)
    assert refused(shared.renew, {"device_id": str(uuid7())}) == "not_found"


def test_an_enrolment_that_runs_again_leaves_the_device_let_in(shared):
    told = shared.enrol()
    with shared.door(told) as door:
        door.count("before")
        door.settled(1)
        shared.enrol(device_id=told["device_id"], password=told["mqtt"]["password"])
        door.count("after")
        until(lambda: shared.counted_of(door) == 2)


def test_enrolling_again_is_a_new_password_and_the_old_one_is_out(shared):
    first = shared.enrol("前門")
    with shared.door(first) as door:
        second = shared.enrol("側門", device_id=first["device_id"])
        until(lambda: door.connected == "Not authorized", 5)
    assert second["mqtt"]["password"] != first["mqtt"]["password"]
    assert second["name"] == "側門"
    with shared.door(second) as door:
        assert door.connected == "Success"
    assert shared.rows("SELECT state, credential FROM devices WHERE device_id = %s", first["device_id"]) == [
        ("active", 2)
    ]


def test_a_name_that_is_none_is_refused_and_leaves_no_device(shared):
    for name in ("", " ", "x" * 41, "a\nb"):
        device_id = uuid7()
        assert refused(shared.enrol, name, device_id=device_id) == "invalid"
        assert shared.rows("SELECT 1 FROM devices WHERE device_id = %s", str(device_id)) == []


@pytest.mark.parametrize(
    ("outcome", "payload"),
    [
        ("malformed", b"not json"),
        ("malformed", b"\xff\xfe"),
        ("malformed", b"[" * 1500),
        ("malformed", b'{"id":"a","ts":1e400,"dir":"in","n":1,"src":"cam"}'),
        ("malformed", b'{"id":"a","ts":"yesterday","dir":"in","n":1,"src":"cam"}'),
        ("malformed", b'{"id":"a","ts":"2026-12-01T00:00:00","dir":"in","n":1,"src":"cam"}'),
        ("malformed", b'{"id":"a","ts":1,"dir":"up","n":1,"src":"cam"}'),
        ("malformed", b'{"id":"a","ts":1,"dir":"in","n":0,"src":"cam"}'),
        ("malformed", b'{"id":"a","ts":1,"dir":"in","n":1001,"src":"cam"}'),
        ("malformed", b'{"id":"a\\u0000","ts":1,"dir":"in","n":1,"src":"cam"}'),
        ("malformed", b'{"id":"' + b"a" * 65 + b'","ts":1,"dir":"in","n":1,"src":"cam"}'),
        ("malformed", b'{"ts":1,"dir":"in","n":1,"src":"cam"}'),
        ("too_large", b'{"id":"a","ts":1,"dir":"in","n":1,"src":"cam","x":"' + b"x" * 10_000 + b'"}'),
    ],
)
def test_a_message_that_is_no_reading_is_counted_and_holds_nobody_up(shared, outcome, payload):
    enrolled = shared.enrol()
    before = shared.metric(outcome)
    with shared.door(enrolled) as door:
        door.publish(payload)
        door.count("good")
        kept(shared, enrolled, 1)
    assert shared.metric(outcome) == before + 1


def test_retained_messages_and_devices_of_nobody_count_nothing(shared):
    enrolled = shared.enrol()
    retained, unknown = shared.metric("retained"), shared.metric("unknown_device")
    with shared.door(enrolled) as door:
        door.client.publish(door.topic, b'{"id":"r","ts":1,"dir":"in","n":1,"src":"cam"}', qos=1, retain=True)
        door.settled(1)
        until(lambda: shared.metric("retained") == retained + 1)
        shared.rows(
            "UPDATE devices SET state = 'removed', revoked_at = now() WHERE device_id = %s", enrolled["device_id"]
        )
        door.count("late")
        until(lambda: shared.metric("unknown_device") == unknown + 1)
        door.client.publish(door.topic, b"", qos=1, retain=True)  # the broker forgets it
        door.settled(3)
    assert minutes(shared, enrolled) == []


def test_a_clock_that_is_off_is_flagged_and_one_that_is_lost_counts_on_arrival(shared):
    enrolled = shared.enrol()
    at = now()
    with shared.door(enrolled) as door:
        door.count("right", ts=rfc3339(at))
        door.count("off", ts=rfc3339(at - timedelta(minutes=10)))
        door.count("year", ts=rfc3339(at + timedelta(days=365)))
        door.count("1970", ts=3)
        door.count("kept", ts=rfc3339(at - timedelta(days=3)), hist=True)
        kept(shared, enrolled, 5)
    rows = shared.rows("SELECT message_id, skewed, minute FROM readings WHERE device_id = %s", enrolled["device_id"])
    seen = {name: (skewed, minute) for name, skewed, minute in rows}
    assert {name: skewed for name, (skewed, _) in seen.items()} == {
        "right": False,
        "off": True,
        "year": True,
        "1970": True,
        "kept": False,
    }
    assert seen["off"][1] == (at - timedelta(minutes=10)).replace(second=0, microsecond=0)
    assert abs(seen["year"][1] - at) < timedelta(minutes=2)
    assert abs(seen["1970"][1] - at) < timedelta(minutes=2)
    assert seen["kept"][1] == (at - timedelta(days=3)).replace(second=0, microsecond=0)


def test_the_relay_brings_counts_to_the_exchange(shared):
    enrolled = shared.enrol()
    heard = []

    async def hear(message):
        heard.append(message.body)

    async def listen():
        async with await aio_pika.connect(shared.amqp_url) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(exclusive=True)
            await queue.bind(event_exchange("edge"), "edge.counts_recorded.v1")
            await queue.consume(hear, no_ack=True)
            await asyncio.to_thread(shared.start, "relay")
            await asyncio.to_thread(until, lambda: enrolled["device_id"] in str(heard))

    with shared.door(enrolled) as door:
        door.count("1")
        kept(shared, enrolled, 1)
        asyncio.run(listen())
