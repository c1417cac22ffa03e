"""The whole platform under load on bad days. Every run prints its seed; `make faults` runs longer ones."""

import os
import secrets

import pytest

from yeshi_local.faults.run import Event, run
from yeshi_local.faults.scenes import OURS, duplicate_everything, restart_broker, restart_postgres, send_poison

SEED = int(os.environ.get("FAULT_SEED") or secrets.randbelow(10**6))


@pytest.mark.timeout(400)
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


@pytest.mark.timeout(200)
def test_events_that_all_come_twice_change_nothing(platform, logs):
    result = run(platform, orders=40, rate=10, seed=SEED, events=(Event(3, "twice", duplicate_everything),))
    print(result.table())
    assert result.bad() == []


@pytest.mark.timeout(200)
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
