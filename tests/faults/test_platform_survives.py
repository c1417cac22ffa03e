"""The whole platform under load on bad days. Every run prints its seed; `make faults` runs longer ones."""

import os
import secrets

import pytest

from yeshi_local.faults.bad_days import SERVERS, outage, restart_in_turn
from yeshi_local.faults.run import Event, run
from yeshi_local.faults.scenes import OURS, duplicate_everything, restart_broker, restart_postgres, send_poison

SEED = int(os.environ.get("FAULT_SEED") or secrets.randbelow(10**6))


@pytest.mark.timeout(900)
def test_two_hundred_orders_survive_kills_and_restarts_of_broker_and_database(platform, logs):
    result = run(
        platform,
        orders=200,
        rate=6,
        seed=SEED,
        kill=OURS,
        kill_every=2,
        events=(Event(8, "broker", restart_broker), Event(20, "database", restart_postgres)),
    )
    print(result.table())
    assert result.bad() == []
    assert set(result.evidence.kills) == set(OURS)


@pytest.mark.timeout(600)
def test_events_that_all_come_twice_change_nothing(platform, logs):
    result = run(platform, orders=40, rate=10, seed=SEED, events=(Event(3, "twice", duplicate_everything),))
    print(result.table())
    assert result.bad() == []


@pytest.mark.timeout(600)
def test_poison_harms_no_neighbour_and_ends_in_the_dead_queue(platform, logs):
    before = platform.queues().get("dead", 0)
    sent: list[int] = []
    result = run(
        platform, orders=40, rate=10, seed=SEED, events=(Event(1, "poison", lambda one: sent.append(send_poison(one))),)
    )
    print(result.table())
    dead = result.evidence.dead - before
    assert [words for words in result.bad() if not words.startswith("I10")] == []
    assert dead == sent[0] > 0
    platform.purge("dead")


@pytest.mark.timeout(600)
def test_each_server_may_be_away_while_orders_photos_and_people_come(platform, logs):
    events = tuple(Event(2, server, outage(server, 5)) for server in SERVERS)
    result = run(platform, orders=200, rate=4, seed=SEED, events=events, side=True)
    print(result.table())
    assert result.bad() == []
    assert result.evidence.photos_promised
    assert result.evidence.passed > 100


@pytest.mark.timeout(600)
def test_a_restart_of_every_process_in_turn_loses_nothing(platform, logs):
    result = run(platform, orders=100, rate=4, seed=SEED, events=(Event(2, "restarts", restart_in_turn(OURS)),))
    print(result.table())
    assert result.bad() == []
    assert not any(result.evidence.restarts.values())
