"""Ends are heard whenever they are asked for."""

import signal
import threading

import pytest

from chassis.ending import Ending


@pytest.fixture
def ending():
    """One of the test's process, which hears its own signals again afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield Ending()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_wait_is_not_lost(ending, number):
    signal.raise_signal(number)
    ending.wait()


def test_signals_that_interrupt_the_wait_end_it(ending):
    main = threading.main_thread().ident
    assert main is not None
    signals = [threading.Timer(0.05, signal.pthread_kill, (main, signal.SIGTERM)) for _ in range(3)]
    for one in signals:
        one.start()
    ending.wait()
    for one in signals:
        one.join()


def test_a_thread_may_ask(ending):
    threading.Thread(target=ending.ask).start()
    ending.wait()
