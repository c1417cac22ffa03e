"""Deliveries as the work process holds them: whose claim it is, what it mentions, and when their budget opens."""

from datetime import timedelta

import pytest

from chassis.clock import now
from chassis.postgres import Pool
from notify.adapters.postgres_deliveries import PostgresDeliveries
from notify.application.budget import BudgetKeeper
from notify.domain.delivery import State, Verdict
from notify.domain.preferences import Channel


@pytest.fixture
def deliveries(world):
    pool = Pool(world.dsn, size=1, name="test")
    yield PostgresDeliveries(pool)
    pool.close()


def claimed(deliveries, user):
    return [one for one in deliveries.claim(Channel.LINE, 100, 60) if str(one.user_id) == user]


def untouched(world, user):
    """As nobody has claimed them yet, also when the process had just asked for them before it was frozen."""
    world.rows("UPDATE deliveries SET next_try_at = now(), attempts = 0 WHERE user_id = %s", user)


def lapse(world, user):
    world.rows("UPDATE deliveries SET next_try_at = now() WHERE user_id = %s", user)


def stand(world, user):
    """State, claims, and whether it is leased."""
    query = "SELECT state, attempts, next_try_at > now() + interval '20 seconds' FROM deliveries WHERE user_id = %s"
    return world.rows(query, user)[0]


def test_who_has_lost_a_claim_settles_nothing_but_an_arrival(world, away, line, deliveries, make):
    seller, _ = world.bound()
    with away:
        world.tell(make.confirmed(seller))
        untouched(world, seller)
        [lost] = claimed(deliveries, seller)
        lapse(world, seller)
        [ours] = claimed(deliveries, seller)
        deliveries.give_back([lost])
        deliveries.settle([Verdict(lost, State.WAITING, "rate_limited", 1.0)])
        deliveries.settle([Verdict(lost, State.GIVEN_UP, "line_400")])
        assert stand(world, seller) == ("waiting", 2, True)
        deliveries.give_back([ours])
        assert stand(world, seller) == ("waiting", 1, False)
        assert claimed(deliveries, seller) == [ours]
        deliveries.settle([Verdict(lost, State.DELIVERED)])
        deliveries.settle([Verdict(ours, State.GIVEN_UP, "line_400")])
    assert world.deliveries(seller) == [("line", "delivered", None)]


def test_a_mention_given_back_is_not_lost_to_the_next(world, away, line, deliveries, make):
    seller, _ = world.bound()
    with away:
        world.tell(make.confirmed(seller))
        untouched(world, seller)
        mentioned = []
        for swallowed in (3, 0, 2):
            if swallowed:
                world.rows("INSERT INTO line_missed VALUES (%s, %s)", seller, swallowed)
            [ours] = claimed(deliveries, seller)
            mentioned.append(ours.missed)
            deliveries.give_back([ours])
        assert mentioned == [3, 3, 5]
        assert world.rows("SELECT missed FROM deliveries WHERE user_id = %s", seller) == [(5,)]
    assert world.settled(seller) == [("line", "delivered", None)]


def test_a_refusal_that_comes_while_line_is_asked_keeps_the_budget_closed(world, away, line, deliveries):
    class Quota:
        """Says what was true before another replica was refused."""

        refusals = 1

        def messages_left(self):
            if self.refusals:
                self.refusals -= 1
                deliveries.close_budget(now() + timedelta(days=9), now() - timedelta(minutes=90))
            return True

    with away:
        deliveries.close_budget(now() + timedelta(days=9), now() - timedelta(hours=2))
        keeper = BudgetKeeper(deliveries, Quota(), now)
        keeper.step()
        assert deliveries.refused_at() is not None
        keeper.step()
        assert deliveries.refused_at() is None
