"""The whole platform under load on bad days. Every run prints its seed; `make faults` runs longer ones."""

import os
import secrets

import pytest

from yeshi_local.faults.bad_days import SERVERS
from yeshi_local.faults.run import Event, Plan, Run
from yeshi_local.faults.scenes import (
    OURS,
    duplicate_everything,
    outage,
    restart_broker,
    restart_in_turn,
    restart_postgres,
    send_poison,
)

SEED = int(os.environ.get("FAULT_SEED") or secrets.randbelow(10**6))


@pytest.fixture
def played(platform, logs, tmp_path):
    """Plays a run and answers what it showed; the requests of one that went wrong stay in the test's folder."""

    def play(**wanted):
        result = Run(platform, Plan(seed=SEED, **wanted)).play(tmp_path / "ledger.jsonl")
        print(result.table())
        return result

    return play


@pytest.mark.timeout(300)
def test_two_hundred_orders_survive_kills_and_restarts_of_broker_and_database(played):
    result = played(
        orders=200,
        rate=6,
        kill=OURS,
        kill_every=2,
        events=(Event(8, "broker", restart_broker), Event(20, "database", restart_postgres)),
    )
    assert result.bad() == []
    assert set(result.evidence.kills) == set(OURS)


@pytest.mark.timeout(120)
def test_events_that_all_come_twice_change_nothing(played):
    result = played(orders=40, rate=10, events=(Event(3, "twice", duplicate_everything),))
    assert result.bad() == []


@pytest.mark.timeout(120)
def test_poison_harms_no_neighbour_and_ends_in_the_dead_queue(platform, played):
    before = platform.queues().get("dead", 0)
    sent: list[int] = []
    result = played(orders=40, rate=10, events=(Event(1, "poison", lambda one: sent.append(send_poison(one))),))
    dead = result.evidence.dead - before
    assert [words for words in result.bad() if not words.startswith("I10")] == []
    assert dead == sent[0] > 0
    platform.purge("dead")


@pytest.mark.timeout(300)
def test_each_server_may_be_away_while_orders_photos_and_people_come(played):
    events = tuple(Event(2, server, outage(server, 5)) for server in SERVERS)
    result = played(orders=200, rate=4, events=events, side=True)
    assert result.bad() == []
    assert result.evidence.photos_promised
    assert result.evidence.passed > 100


@pytest.mark.timeout(300)
def test_a_restart_of_every_process_in_turn_loses_nothing(played):
    result = played(orders=100, rate=4, events=(Event(2, "restarts", restart_in_turn(OURS)),))
    assert result.bad() == []
    assert not any(result.evidence.restarts.values())
