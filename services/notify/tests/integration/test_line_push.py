"""Notifications reach LINE once each, whatever LINE answers and whoever dies meanwhile."""

import signal
from collections import Counter
from datetime import timedelta

import pytest

from chassis.clock import now
from chassis.ids import uuid7
from notify.domain.preferences import TAIPEI
from yeshi_local.testing import until


def pushes(line, line_user):
    return [(one["retry_key"], one["tries"]) for one in line.sends(kind="push", to=line_user)]


def test_a_bound_seller_gets_a_push(world, work, line, make):
    seller, line_user = world.bound()
    order = make.confirmed(seller)
    world.tell(order)
    assert world.settled(seller) == [("line", "delivered", None)]
    [message] = line.received(line_user)
    assert message["altText"].startswith("新訂單 NT$1,280\n")
    assert message["template"]["actions"][0]["uri"] == f"https://yeshi.example/seller/orders/{order.order_id}"


def test_bell_and_push_are_in_the_readers_language(world, work, line, make):
    seller, line_user = world.bound()
    world.tell(make.locale_changed(seller, "en", version=3), make.locale_changed(seller, "zh-TW", version=2))
    order = make.confirmed(seller)
    world.tell(order)
    assert world.settled(seller) == [("line", "delivered", None)]
    [message] = line.received(line_user)
    assert message["altText"].startswith("New order NT$1,280\n")
    assert message["template"]["actions"][0]["label"] == "Open"
    [item] = world.call("list_notifications", seller)["items"]
    assert item["title"] == "New order NT$1,280"


def test_who_is_not_bound_or_does_not_want_it_gets_none(world, work, line, make):
    unbound = str(uuid7())
    (muted, _), (off, _), (parted, parted_line) = (world.bound() for _ in range(3))
    world.call("put_preferences", muted, muted_types=["order.new"])
    world.call("put_preferences", off, line=False)
    world.tell(make.line_changed(parted, None, version=3), make.line_changed(parted, parted_line, version=2))
    world.tell(*(make.confirmed(user) for user in (unbound, muted, off, parted)))
    assert [world.deliveries(user) for user in (unbound, muted, off, parted)] == [[], [], [], []]


@pytest.mark.parametrize(
    ("script", "tries"),
    [
        (["error", "error"], 1),
        (["rate_limit", "user_limit"], 1),
        (["timeout_after_accept"], 2),
        (["error_after_accept"], 2),
        (["timeout_before_accept"], 1),
        (["unauthorized"], 1),
    ],
)
def test_a_push_arrives_once_in_spite_of(world, work, line, make, script, tries):
    seller, line_user = world.bound()
    line.fault("push", script=script, to=line_user, seconds=3)
    world.tell(make.confirmed(seller))
    [(channel, state, _)] = world.settled(seller)
    assert (channel, state) == ("line", "delivered")
    assert len(line.received(line_user)) == 1
    [(_, seen)] = pushes(line, line_user)
    assert seen == tries


def test_a_refused_push_is_given_up_and_others_go_on(world, work, line, make):
    stranger, _ = world.bound(foreign=True)
    world.tell(make.confirmed(stranger))
    seller, line_user = world.bound()
    world.tell(make.confirmed(seller))
    assert world.settled(stranger) == [("line", "given_up", "line_400")]
    assert world.settled(seller) == [("line", "delivered", None)]
    assert len(line.received(line_user)) == 1


def test_a_slow_user_holds_nobody_up(world, away, line, make):
    (slow, slow_line), (quick, _) = world.bound(), world.bound()
    line.fault("push", "timeout_before_accept", to=slow_line, seconds=20)
    with away:
        world.tell_bundle(*(make.confirmed(slow) for _ in range(3)))
        world.tell(make.confirmed(quick))
        waiting = world.start("work", DELIVERY_TIMEOUT_SECONDS="8")
        assert world.settled(quick) == [("line", "delivered", None)]
        tries = world.rows("SELECT state, attempts, last_error FROM deliveries WHERE user_id = %s", slow)
        assert tries == [("waiting", 1, None)] * 3  # of those before it in the queue not one has ended
        waiting.kill()
        line.clear_faults()
        world.rows("UPDATE deliveries SET next_try_at = now() WHERE user_id = %s", slow)  # their lease runs out
    assert [state for _, state, _ in world.settled(slow)] == ["delivered"] * 3
    assert len(line.received(slow_line)) == 3


def test_the_quota_opens_the_breaker_and_the_next_push_mentions_what_was_missed(world, work, line, make):
    seller, line_user = world.bound()
    line.fault("push", "quota", to=line_user, times=1)
    world.tell(make.confirmed(seller))
    assert world.settled(seller) == [("line", "given_up", "quota")]
    [(closed, soon)] = world.rows(
        "SELECT closed_until > now(), closed_until < now() + interval '32 days' FROM line_budget"
    )
    assert (closed, soon) == (True, True)
    other, other_line = world.bound()
    world.call("put_preferences", other, sns=True)
    world.tell(make.confirmed(other), make.confirmed(seller))
    assert sorted(world.settled(other)) == [("line", "given_up", "quota"), ("sns", "delivered", None)]
    assert world.settled(seller) == [("line", "given_up", "quota")] * 2
    assert line.received(line_user) == line.received(other_line) == []
    world.rows("UPDATE line_budget SET closed_until = now()")  # the month is over
    world.tell(make.confirmed(seller))
    world.settled(seller)
    [message] = line.received(line_user)
    assert message["template"]["text"].endswith("另有 2 則通知因 LINE 額度用完未送出，請看小鈴鐺。")
    world.tell(make.confirmed(seller))
    world.settled(seller)
    assert "另有" not in line.received(line_user)[1]["template"]["text"]
    assert world.call("unread_count", seller)["unread_count"] == 4  # the bell knows all of it


def test_a_raised_plan_is_noticed_before_the_month_is_over(world, away, line):
    line.settings(quota=100_000)
    world.rows("INSERT INTO line_budget VALUES (true, now() + interval '9 days', now() - interval '2 hours')")
    with away:
        asking = world.start("work", wait=False)
        until(lambda: world.rows("SELECT count(*) FROM line_budget") == [(0,)])
        asking.kill()


def test_nothing_is_pushed_long_after_its_event(world, away, line, make):
    seller, line_user = world.bound()
    with away:
        world.tell(make.confirmed(seller))
        world.rows("UPDATE deliveries SET expires_at = now() WHERE user_id = %s", seller)
    assert world.settled(seller) == [("line", "given_up", "too_late")]
    assert line.received(line_user) == []


def test_who_blocked_the_account_or_parted_meanwhile_is_not_pushed_to(world, away, line, make):
    (parted, parted_line), (blocker, blocker_line) = world.bound(), world.bound()
    with away:
        world.tell(make.confirmed(parted), make.confirmed(blocker))
        world.tell(make.line_changed(parted, line.user(), version=2))
        world.tell(make.webhook(line.change_user(blocker_line, state="blocked")["event"]["event"]))
    assert world.settled(parted) == world.settled(blocker) == [("line", "given_up", "unreachable")]
    assert line.received(parted_line) == line.received(blocker_line) == []
    world.tell(make.confirmed(blocker))
    assert len(world.deliveries(blocker)) == 1  # none is made any more
    world.tell(make.webhook(line.change_user(blocker_line, state="friend")["event"]["event"]))
    world.tell(make.confirmed(blocker))
    assert world.settled(blocker)[1] == ("line", "delivered", None)


def test_quiet_hours_hold_a_push_back_until_they_end(world, work, line, make):
    seller, line_user = world.bound()
    local = now().astimezone(TAIPEI)
    begin, end = (f"{local + timedelta(hours=hours):%H:%M}" for hours in (-2, 2))
    world.call("put_preferences", seller, quiet_from=begin, quiet_to=end)
    world.tell(make.confirmed(seller))
    [(waits, ends)] = world.rows(
        "SELECT state = 'waiting', to_char(next_try_at AT TIME ZONE 'Asia/Taipei', 'HH24:MI') FROM deliveries"
        " WHERE user_id = %s",
        seller,
    )
    assert (waits, ends) == (True, end)
    assert line.received(line_user) == []
    assert world.call("unread_count", seller)["unread_count"] == 1


def test_a_death_between_acceptance_and_mark_pushes_once(world, away, line, make):
    seller, line_user = world.bound()
    line.fault("push", "timeout_after_accept", to=line_user, times=1, seconds=8)
    with away:
        doomed = world.start("work", DELIVERY_TIMEOUT_SECONDS="8")
        world.tell(make.confirmed(seller))
        until(lambda: line.received(line_user))
        doomed.send(signal.SIGKILL)
        assert world.deliveries(seller) == [("line", "waiting", None)]
        world.rows("UPDATE deliveries SET next_try_at = now() WHERE user_id = %s", seller)  # its lease runs out
    assert world.settled(seller) == [("line", "delivered", "409")]
    assert len(line.received(line_user)) == 1
    assert [tries for _, tries in pushes(line, line_user)] == [2]


def test_sigterm_finishes_what_is_under_way_and_gives_the_rest_back(world, away, line, make):
    seller, line_user = world.bound()
    line.fault("push", "slow", to=line_user, seconds=0.6)
    with away:
        world.tell_bundle(*(make.confirmed(seller) for _ in range(60)))  # eight at a time: over four seconds
        ending = world.start("work", DELIVERY_TIMEOUT_SECONDS="8")
        until(lambda: line.received(line_user))
        assert ending.stop() == 0
        states = Counter(state for _, state, _ in world.deliveries(seller))
        assert states["delivered"] == len(line.received(line_user)) < 60
        [(late,)] = world.rows(
            "SELECT count(*) FROM deliveries WHERE user_id = %s AND state = 'waiting' AND next_try_at > now()", seller
        )
        assert late == 0
        line.clear_faults()
    world.settled(seller)
    assert len(line.received(line_user)) == 60


def test_three_in_ten_pushes_failing_are_all_delivered_and_none_twice(world, work, line, make):
    people = [world.bound() for _ in range(8)]
    for action, seed in (("error", 1), ("rate_limit", 2), ("error_after_accept", 3)):
        line.fault("push", action, probability=0.1, seed=seed)
    line.fault("push", "timeout_after_accept", probability=0.03, seed=4, seconds=2)
    world.tell_bundle(*(make.confirmed(people[number % 8][0]) for number in range(120)))
    for user, _ in people:
        assert {state for _, state, _ in world.settled(user, 60)} == {"delivered"}
    for _, line_user in people:
        assert len(line.received(line_user)) == 15
        assert len({key for key, _ in pushes(line, line_user)}) == 15
    assert world.violations() == {}
