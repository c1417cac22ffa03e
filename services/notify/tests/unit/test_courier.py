"""Deliveries: tries, back-off, the budget and its digest."""

import threading
from datetime import datetime, timedelta

import pytest

from chassis.postgres import DatabaseUnavailable
from notify.application.budget import BudgetKeeper
from notify.application.courier import Courier
from notify.domain.budget import LINE_TIME, closed_until
from notify.domain.delivery import Answer, State, Tried, backoff
from notify.domain.preferences import Channel


class Way:
    """Answers as told, and remembers what it was given."""

    def __init__(self, answers):
        self.answers = iter(answers)
        self.sent = []

    def send(self, delivery):
        self.sent.append(delivery)
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Tried) else Tried(answer)


@pytest.fixture
def courier(clock, deliveries):
    """Makes a courier, and ends it afterwards."""
    made = []

    def make(way, threads=1, channel=Channel.LINE):
        made.append(
            Courier(channel, deliveries, way, clock=clock, luck=lambda: 0.0, threads=threads, idle=lambda: None)
        )
        return made[-1]

    yield make
    for one in made:
        one.close()


def run(courier, deliveries, until=State.WAITING):
    """Steps until nothing due is left."""
    for _ in range(100):
        courier.step()
        if not courier._under_way:
            break


def test_what_is_accepted_is_delivered(courier, deliveries, script):
    one = deliveries.add()
    way = Way(script(Answer.ACCEPTED))
    run(courier(way), deliveries)
    assert deliveries.states[one.id] == (State.DELIVERED, "")
    assert [sent.retry_key for sent in way.sent] == [one.retry_key]


@pytest.mark.parametrize("answer", [Answer.FAILED, Answer.TOO_FAST, RuntimeError("unforeseen")])
def test_a_failed_try_is_repeated_under_the_same_key_with_growing_pauses(clock, courier, deliveries, script, answer):
    one = deliveries.add()
    way = Way(script(answer, answer, answer, Answer.ACCEPTED))
    sender = courier(way)
    pauses = []
    while deliveries.states[one.id][0] is State.WAITING:
        run(sender, deliveries)
        pauses.append((deliveries.due[one.id] - clock()).total_seconds())
        clock.now = deliveries.due[one.id]
    assert pauses[:3] == [1, 2, 4]
    assert {sent.retry_key for sent in way.sent} == {one.retry_key}
    assert [sent.attempts for sent in way.sent] == [1, 2, 3, 4]


def test_pauses_grow_to_ten_minutes_and_luck_halves_them_at_most():
    longest = [backoff(attempt, 0.0) for attempt in range(1, 100)]
    assert longest == sorted(longest)
    assert longest[-1] == 600
    assert backoff(5, 1.0) == longest[4] / 2


def test_what_is_refused_is_given_up_with_its_reason(courier, deliveries, script):
    one = deliveries.add()
    run(courier(Way(script(Tried(Answer.REFUSED, "line_400")))), deliveries)
    assert deliveries.states[one.id] == (State.GIVEN_UP, "line_400")


def test_nothing_is_tried_20_hours_after_its_event_or_when_it_cannot_arrive(clock, courier, deliveries, script):
    late, lost = deliveries.add(expires_at=clock()), deliveries.add(reachable=False)
    way = Way(script(Answer.ACCEPTED))
    run(courier(way), deliveries)
    assert deliveries.states[late.id] == (State.GIVEN_UP, "too_late")
    assert deliveries.states[lost.id] == (State.GIVEN_UP, "unreachable")
    assert way.sent == []


def test_a_try_that_fails_until_its_time_is_over_is_given_up(clock, courier, deliveries, script):
    one = deliveries.add()
    way = Way(script(Answer.FAILED))
    sender = courier(way)
    while deliveries.states[one.id][0] is State.WAITING:
        run(sender, deliveries)
        clock.now = deliveries.due[one.id]
    assert deliveries.states[one.id] == (State.GIVEN_UP, "too_late")
    assert clock() - deliveries.rows[one.id].expires_at < timedelta(minutes=11)


def test_the_quota_closes_line_for_the_month_and_the_next_push_counts_what_it_swallowed(
    clock, courier, deliveries, script
):
    first = deliveries.add()
    user = first.user_id
    way = Way(script(Answer.QUOTA, Answer.FAILED, Answer.ACCEPTED))
    sender = courier(way)
    run(sender, deliveries)
    assert deliveries.states[first.id] == (State.GIVEN_UP, "quota")
    waiting = [deliveries.add(user), deliveries.add(user)]
    run(sender, deliveries)
    assert [deliveries.states[one.id] for one in waiting] == [(State.GIVEN_UP, "quota")] * 2
    assert len(way.sent) == 1  # LINE was not asked again
    clock.now = deliveries.closed_until
    told = deliveries.add(user)
    run(sender, deliveries)
    clock.advance(seconds=1)
    run(sender, deliveries)
    assert [sent.missed for sent in way.sent[1:]] == [3, 3]  # the repeated request is the same
    assert deliveries.states[told.id] == (State.DELIVERED, "")
    assert deliveries.missed == {}


def test_the_other_way_goes_on_while_line_is_closed(clock, courier, deliveries, script):
    deliveries.close_budget(clock() + timedelta(days=9), clock())
    one = deliveries.add(channel=Channel.SNS)
    run(courier(Way(script(Answer.ACCEPTED)), channel=Channel.SNS), deliveries)
    assert deliveries.states[one.id] == (State.DELIVERED, "")


@pytest.mark.parametrize(
    ("refused", "closed"),
    [
        ("2026-11-24T12:00", "2026-12-01T00:00"),
        ("2026-12-31T23:59", "2027-01-01T00:00"),
        ("2026-12-02T00:00", "2027-01-01T00:00"),
        ("2026-12-01T08:30", "2026-12-01T09:30"),  # the month may not have begun for LINE
    ],
)
def test_the_budget_opens_with_the_next_month(refused, closed):
    refused, closed = (datetime.fromisoformat(text).replace(tzinfo=LINE_TIME) for text in (refused, closed))
    assert closed_until(refused) == closed


def test_a_slow_try_holds_up_no_other(courier, deliveries):
    go_on = threading.Event()
    slow, quick = deliveries.add(), [deliveries.add() for _ in range(5)]

    class Slow:
        def send(self, delivery):
            if delivery.id == slow.id:
                go_on.wait(10)
            return Tried(Answer.ACCEPTED)

    sender = courier(Slow(), threads=2)
    for _ in range(100):
        sender.step()
        if all(deliveries.states[one.id][0] is State.DELIVERED for one in quick):
            break
    assert deliveries.states[slow.id][0] is State.WAITING
    assert [deliveries.states[one.id][0] for one in quick] == [State.DELIVERED] * 5
    go_on.set()
    sender.close()
    assert deliveries.states[slow.id][0] is State.DELIVERED


class Held:
    """Answers when it is let go."""

    def __init__(self, answer):
        self.answer = answer
        self.begun, self.go_on = threading.Event(), threading.Event()

    def send(self, delivery):
        self.begun.set()
        self.go_on.wait(10)
        return Tried(self.answer)


def test_an_end_gives_back_what_was_not_begun(courier, deliveries, monkeypatch):
    rows = [deliveries.add() for _ in range(4)]
    way = Held(Answer.ACCEPTED)
    sender = courier(way)
    sender.step()
    assert way.begun.wait(10)
    shutdown = sender._pool.shutdown

    def end(*, wait, cancel_futures):
        shutdown(wait=False, cancel_futures=cancel_futures)
        way.go_on.set()  # only now, so that no other begins behind the one under way
        shutdown(wait=wait)

    monkeypatch.setattr(sender._pool, "shutdown", end)
    sender.close()
    assert [deliveries.states[one.id][0] for one in rows] == [State.DELIVERED] + [State.WAITING] * 3
    assert [deliveries.rows[one.id].attempts for one in rows] == [1, 0, 0, 0]


def test_who_wakes_after_its_lease_leaves_alone_what_others_have_claimed(clock, courier, deliveries):
    rows = [deliveries.add() for _ in range(3)]
    way = Held(Answer.FAILED)
    sender = courier(way)
    sender.step()
    clock.advance(seconds=61)
    assert len(deliveries.claim(Channel.LINE, 8, 60)) == 3
    way.go_on.set()
    sender.close()
    assert [deliveries.rows[one.id].attempts for one in rows] == [2, 2, 2]
    assert {deliveries.due[one.id] for one in rows} == {clock() + timedelta(seconds=60)}


def test_who_wakes_after_its_lease_and_claims_its_own_again_settles_them(clock, courier, deliveries):
    one = deliveries.add()
    way = Held(Answer.ACCEPTED)
    sender = courier(way)
    sender.step()
    clock.advance(seconds=61)
    sender.step()
    assert deliveries.rows[one.id].attempts == 2
    way.go_on.set()
    run(sender, deliveries)
    assert deliveries.states[one.id] == (State.DELIVERED, "")


def test_what_became_of_a_try_is_written_when_the_database_is_back(courier, deliveries, script, monkeypatch):
    one = deliveries.add()
    way = Way(script(Answer.ACCEPTED))
    sender = courier(way)
    settle = deliveries.settle

    def away(verdicts):
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(deliveries, "settle", away)
    with pytest.raises(DatabaseUnavailable):
        run(sender, deliveries)
    monkeypatch.setattr(deliveries, "settle", settle)
    run(sender, deliveries)
    assert deliveries.states[one.id] == (State.DELIVERED, "")
    assert len(way.sent) == 1


@pytest.mark.parametrize(
    ("minutes", "left", "opened"), [(59, True, False), (61, True, True), (61, False, False), (None, True, False)]
)
def test_a_raised_plan_opens_the_budget_an_hour_after_the_last_refusal(clock, minutes, left, opened):
    class Line:
        def __init__(self):
            self.opened = False

        def refused_at(self):
            return None if minutes is None else clock() - timedelta(minutes=minutes)

        def open(self, refused_at):
            self.opened = refused_at == self.refused_at()
            return self.opened

        def messages_left(self):
            return left

    line = Line()
    BudgetKeeper(line, line, clock).step()
    assert line.opened == opened
