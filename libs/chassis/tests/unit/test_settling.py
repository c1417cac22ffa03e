"""Where failed events go, and what is acknowledged."""

import pytest

from chassis import settling
from chassis.events import Failed
from contracts.naming import DEAD, RETRY_DELAYS, retry


@pytest.mark.parametrize(
    ("settled", "run"),
    [([], 0), ([True], 1), ([False, True], 0), ([True, True, False, True], 2), ([True, True], 2)],
)
def test_one_acknowledgement_ends_the_oldest_run_without_a_gap(settled, run):
    assert settling.settled_run(settled) == run


@pytest.mark.parametrize("delay", RETRY_DELAYS)
def test_a_failed_event_waits_in_the_queue_of_its_delay(delay):
    assert settling.exchange_of(Failed(b"", "e", 1, delay)) == retry(delay)


def test_without_a_delay_it_is_dead():
    assert settling.exchange_of(Failed(b"", "e", 5, None)) == DEAD


def test_what_its_next_handler_must_know_comes_back():
    failed = Failed(b"{}", "RuntimeError: no", 3, 30)
    headers = settling.headers_of(failed, "notify.events.v1")
    assert headers == {"x-attempt": 3, "x-error": "RuntimeError: no", "x-origin-queue": "notify.events.v1"}
    assert settling.raw(failed.body, "t", headers).attempt == 3


@pytest.mark.parametrize("strange", [{}, {"x-attempt": "3"}, {"x-attempt": None}, {"x-attempt": [1]}])
def test_a_strange_count_is_none(strange):
    assert settling.raw(b"", None, strange).attempt == 0


def test_the_pause_grows_while_messages_are_kept():
    pause = settling.Pause()
    assert pause.after(settled=True) == 0
    waits = [pause.after(settled=False) for _ in range(8)]
    assert waits[:3] == [0.2, 0.4, 0.8]
    assert waits[-1] == settling.LONGEST_PAUSE
    assert pause.after(settled=True) == 0
    assert pause.after(settled=False) == 0.2
