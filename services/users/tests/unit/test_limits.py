"""How often something may be tried."""

from datetime import UTC, datetime, timedelta

import pytest

from users.domain.limits import Bucket, Failures, Limit, Limits, Patience, network_of

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def allowed(limit: Limit, seconds: float, every: float) -> int:
    """How many of a steady stream get through."""
    bucket, passed = Bucket(NOON), 0
    for number in range(round(seconds / every)):
        bucket, wait = bucket.take(limit, NOON + timedelta(seconds=number * every))
        passed += not wait
    return passed


def test_a_burst_passes_and_then_the_rate_holds():
    limit = Limit(per_minute=30, burst=20)
    assert allowed(limit, seconds=1, every=0.001) == 20
    assert allowed(limit, seconds=600, every=0.1) == pytest.approx(20 + 300, abs=1)


def test_who_comes_at_the_rate_is_never_refused():
    assert allowed(Limit(per_minute=30, burst=1), seconds=600, every=2) == 300


def test_the_wait_that_is_told_is_exactly_enough():
    limit = Limit(per_minute=60, burst=2)
    bucket = Bucket(NOON)
    for _ in range(2):
        bucket, wait = bucket.take(limit, NOON)
        assert wait == 0
    bucket, wait = bucket.take(limit, NOON)
    assert wait == 1
    assert bucket.take(limit, NOON + timedelta(seconds=0.999))[1] > 0
    assert bucket.take(limit, NOON + timedelta(seconds=wait))[1] == 0


def test_the_delay_grows_and_has_an_end():
    failures, delays, at = Failures.none(NOON), [], NOON
    for _ in range(25):
        failures, wait = failures.attempt(Patience(), at)
        assert wait == 0
        delays.append((failures.blocked_until - at).total_seconds())
        at = failures.blocked_until
    assert delays[:9] == [0] * 9
    assert delays[9:20] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]
    assert set(delays[20:]) == {900}


def test_many_attempts_at_once_gain_nothing():
    failures = Failures.none(NOON)
    tried = 0
    for _ in range(100):
        failures, wait = failures.attempt(Patience(), NOON)
        tried += not wait
    assert tried == 10


def test_a_day_of_quiet_forgets_the_failures():
    failures = Failures.none(NOON)
    for _ in range(10):
        failures, _wait = failures.attempt(Patience(), NOON)
    failures, wait = failures.attempt(Patience(), NOON + timedelta(hours=24, seconds=1))
    assert (failures.count, wait) == (1, 0)


def test_a_factor_widens_every_limit():
    wide = Limits().times(10)
    assert wide.register == Limit(300, 200)
    assert wide.login == Limit(600, 600)
    assert wide.failures.free == 100
    assert Limits().times(0.01).login.burst == 1


@pytest.mark.parametrize(
    ("client_ip", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        (" 192.0.2.1 ", "192.0.2.1"),
        ("somewhere", "somewhere"),
        ("x" * 100, "x" * 64),
    ],
)
def test_what_counts_as_one_client(client_ip, network):
    assert network_of(client_ip) == network
