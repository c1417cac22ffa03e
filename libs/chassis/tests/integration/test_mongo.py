"""The chassis on MongoDB: all or nothing, once, leased, and with an end to every wait."""

import asyncio
import json
import secrets
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import aio_pika
import pytest
from pymongo import ASCENDING, IndexModel
from pymongo.errors import OperationFailure, WriteError

import contracts
from chassis import topology
from chassis.errors import DatabaseUnavailable
from chassis.events import EventInbox, EventRouter, RawMessage
from chassis.ids import lowest_at, uuid7
from chassis.mongo import Conflict, Database, outbox, run
from chassis.mongo.inbox import MongoInbox
from chassis.mongo.lease import Lease
from chassis.mongo.migrate import CollectionPlan, migrate
from chassis.mongo.outbox import MongoFeed
from chassis.testing.events import an_event
from contracts import users
from contracts.naming import event_queue
from yeshi_local.servers.process import Program
from yeshi_local.testing import until

CHANGED = users.SellerChangedV1(
    user_id="u-1", version=1, state="approved", display_name="阿明", changed_at="2026-12-01T12:00:00Z"
)


@pytest.fixture
def database(mongo):
    made = Database(mongo.server.url, f"t_{secrets.token_hex(4)}", app="test")
    migrate(made, {"things": CollectionPlan()})
    yield made
    made.client.drop_database(made.raw.name)
    made.close()


def emit(database, number: int) -> None:
    run(database, lambda tx: [tx.emit(CHANGED) for _ in range(number)])


def test_state_and_events_commit_together_or_not_at_all(database):
    def fail(tx) -> None:
        database["things"].insert_one({"_id": 1}, session=tx.session)
        tx.emit(CHANGED)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(database, fail)
    assert database["things"].count_documents({}) == database["outbox"].count_documents({}) == 0


def test_work_that_meets_other_work_begins_again_until_it_fits(database):
    database["things"].insert_one({"_id": 1, "n": 0})

    def add(_: int) -> None:
        def work(tx) -> None:
            seen = database["things"].find_one({"_id": 1}, session=tx.session)
            database["things"].update_one({"_id": 1}, {"$set": {"n": seen["n"] + 1}}, session=tx.session)
            tx.emit(CHANGED)

        run(database, work)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add, range(60)))
    assert database["things"].find_one({"_id": 1})["n"] == 60
    assert database["outbox"].count_documents({}) == 60


def test_conflicts_that_do_not_end_are_given_up(database):
    def never(_tx) -> None:
        raise Conflict("always")

    started = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        run(database, never, timeout=0.5)
    assert time.monotonic() - started < 2


def test_two_relays_claim_no_row_twice_and_a_lease_that_ends_frees_it(database):
    emit(database, 1000)
    feeds = [MongoFeed(database) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        claims = list(threads.map(lambda feed: [feed.claim(150, timedelta(seconds=30)) for _ in range(4)], feeds))
    claimed = [row.id for of_one in claims for rows in of_one for row in rows]
    assert len(claimed) == len(set(claimed))
    rest = feeds[0].claim(1000)
    assert len(claimed) + len(rest) == 1000
    feeds[0].release(row.id for row in rest)
    short = feeds[1].claim(10, timedelta(milliseconds=200))
    assert [row.id for row in short] == sorted(row.id for row in rest)[:10]
    until(lambda: {row.id for row in short} <= {row.id for row in feeds[2].claim(1000)})


def test_a_row_is_published_once_confirmed_and_kept_with_its_error_when_returned(database):
    emit(database, 3)
    feed = MongoFeed(database)
    first, second, third = feed.claim()
    assert contracts.data_of(contracts.decode(first.body)) == CHANGED
    feed.mark_published([first.id])
    feed.mark_returned([second.id], "no queue took it: $topic", timedelta(hours=1))
    feed.release([third.id])
    assert [row.id for row in feed.claim()] == [third.id]
    count, oldest = feed.backlog()
    assert count == 2
    assert 0 <= oldest < 60
    assert database["outbox"].find_one({"_id": str(second.id)})["last_error"] == "no queue took it: $topic"
    kept = database["outbox"].find_one({"_id": str(first.id)})
    assert kept["published_at"]
    assert "waiting" not in kept


def test_a_commit_wakes_who_waits_for_it(database, monkeypatch):
    monkeypatch.setattr(outbox, "PATIENCE", 20)
    monkeypatch.setattr(database, "timeout", 40)
    feed = MongoFeed(database)
    emit(database, 1)
    feed.wait(30)  # opens the stream, and finds what is there already
    later = threading.Timer(0.2, emit, (database, 1))
    later.start()
    started = time.monotonic()
    feed.wait(30)
    assert 0.1 < time.monotonic() - started < 10
    later.join()
    feed.close()


def test_an_event_is_claimed_by_one_of_many_at_the_same_time(database):
    inbox = MongoInbox(database)
    events = [uuid7() for _ in range(50)]

    def claim(_: int) -> int:
        return len(inbox.run(lambda tx: inbox.claim(tx, "media", events)))

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(claim, range(6))) == 50
    assert claim(0) == 0
    assert inbox.run(lambda tx: inbox.claim(tx, "orders", events[:1])) == {events[0]}  # another consumer's own


def messages(*bodies: bytes) -> list[RawMessage]:
    return [RawMessage(body, contracts.EVENT_CONTENT_TYPE) for body in bodies]


def test_a_batch_takes_effect_once_beside_poison_and_copies(database):
    router = EventRouter()

    @router.on(users.SellerChangedV1)
    def on_changed(events, tx) -> None:
        if any(event.data.display_name == "poison" for event in events):
            raise RuntimeError("poison")
        database["things"].insert_many([{"_id": str(event.id)} for event in events], session=tx.session)

    inbox = EventInbox("notify", MongoInbox(database), router)
    copy = an_event()
    ancient = an_event(id=str(lowest_at(datetime(2020, 1, 1, tzinfo=UTC))))
    batch = messages(an_event(), copy, copy, an_event("poison"), ancient, b"nonsense")
    outcomes = inbox.process(batch)
    assert [len(outcome.failed) for outcome in outcomes] == [0, 0, 0, 1, 1, 1]
    assert [outcome.failed[0].delay for outcome in outcomes[3:]] == [1, None, None]
    assert not any(outcome.keep for outcome in inbox.process(batch[:3]))
    assert database["things"].count_documents({}) == 2
    assert database["inbox"].count_documents({}) == 2


def test_a_lease_has_one_holder_and_passes_on_when_it_ends(database):
    one, other = (Lease(database, "work", timedelta(seconds=3)) for _ in range(2))
    assert one.take()
    assert not other.take()
    assert one.take()
    assert one.held
    assert not other.held
    until(other.take, 15)
    assert not one.held
    assert not one.take()
    one.release()  # not its own any more: changes nothing
    assert not one.take()
    other.release()
    assert one.take()


def test_migrate_makes_what_is_described_and_repeats_without_a_change(database):
    def plan(*indexes: IndexModel) -> dict[str, CollectionPlan]:
        return {"things": CollectionPlan(indexes, {"required": ["name"]})}

    by_name = IndexModel([("name", ASCENDING)], name="by_name", unique=True)
    for _ in range(2):
        migrate(database, plan(by_name))
        assert set(database["things"].index_information()) == {"_id_", "by_name"}
    with pytest.raises(WriteError, match="validation"):
        database["things"].insert_one({"_id": 1})
    migrate(database, plan(IndexModel([("name", ASCENDING)], name="by_name")))  # the same name, another index
    assert "unique" not in database["things"].index_information()["by_name"]
    migrate(database, plan(IndexModel([("other", ASCENDING)], name="by_other")))
    assert set(database["things"].index_information()) == {"_id_", "by_other"}


def test_a_frozen_server_is_an_answer_within_seconds_and_its_own_errors_pass(database, mongo):
    with pytest.raises(OperationFailure), database.deadline():
        database.raw.command("nonsense")
    database.client.admin.command("ping")
    mongo.pause()
    try:
        for work in (lambda: MongoFeed(database).claim(), lambda: emit(database, 1)):
            started = time.monotonic()
            with pytest.raises(DatabaseUnavailable):
                work()
            assert time.monotonic() - started < 8
        assert database.problem()
    finally:
        mongo.resume()
    until(lambda: database.problem() is None)
    emit(database, 1)


def test_a_relay_publishes_what_is_committed_and_two_send_nothing_twice(database, rabbit_vhost, mongo, tmp_path):
    asyncio.run(topology.declare(rabbit_vhost.url))
    script = (
        "import json, os\n"
        "from chassis import relay\n"
        "from chassis.mongo import Database\n"
        "from chassis.mongo.outbox import MongoFeed\n"
        "from chassis.settings import Settings\n"
        "url, name, bus = json.loads(os.environ['PLACE'])\n"
        "relay.publish_all(Settings(), bus, {'users': MongoFeed(Database(url, name, app='relay'))})\n"
    )
    place = json.dumps([mongo.server.url, database.raw.name, rabbit_vhost.url])
    relays = [
        Program([sys.executable, "-c", script], log=tmp_path / f"relay-{n}.log", environment={"PLACE": place})
        for n in range(2)
    ]
    try:
        for program in relays:
            program.start()
        for _ in range(20):
            emit(database, 50)
        until(lambda: database["outbox"].count_documents({"waiting": True}) == 0)
        assert [program.stop() for program in relays] == [0, 0]
    finally:
        for program in relays:
            program.kill()
    assert len(asyncio.run(received(rabbit_vhost.url))) == 1000


async def received(url: str) -> list[str]:
    """Ids of all events in notify's queue."""
    ids: list[str] = []
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(event_queue("notify"))
        while (message := await queue.get(fail=False)) is not None:
            bundle = contracts.is_bundle(message.content_type)
            bodies = contracts.decode_bundle(message.body) if bundle else [message.body]
            ids += [contracts.decode(body).id for body in bodies]
            await message.ack()
    assert len(ids) == len(set(ids))
    return ids
