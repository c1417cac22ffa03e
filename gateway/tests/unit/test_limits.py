"""Limits and addresses: who comes how often, and who they are."""

import pytest

from gateway.application.addresses import Addresses
from gateway.application.limits import Limit
from gateway.settings import GatewaySettings


class Moving:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def test_a_burst_is_let_through_and_then_the_rate_counts():
    clock = Moving()
    limit = Limit(10, 20, now=clock)
    assert [limit.take("a") for _ in range(20)] == [0.0] * 20
    assert limit.take("a") == pytest.approx(0.1)
    clock.time += 0.1
    assert limit.take("a") == 0.0
    assert limit.take("a") > 0


def test_one_key_does_not_spend_anothers_tokens():
    limit = Limit(1, 1, now=Moving())
    assert limit.take("a") == 0.0
    assert limit.take("b") == 0.0
    assert limit.take("a") > 0


def test_a_refused_try_costs_nothing():
    clock = Moving()
    limit = Limit(1, 1, now=clock)
    limit.take("a")
    for _ in range(100):
        limit.take("a")
    clock.time += 1.0
    assert limit.take("a") == 0.0


def test_the_table_never_grows_beyond_its_bound():
    limit = Limit(1, 1, most_keys=100, now=Moving())
    for number in range(10_000):
        limit.take(f"10.0.{number}")
    assert len(limit) == 100


@pytest.mark.parametrize(
    ("trusted", "peer", "header", "expected"),
    [
        ((), "1.2.3.4", "9.9.9.9", "1.2.3.4"),
        (("10.0.0.0/8",), "1.2.3.4", "9.9.9.9", "1.2.3.4"),
        (("10.0.0.0/8",), "10.0.0.1", "9.9.9.9", "9.9.9.9"),
        (("10.0.0.0/8",), "10.0.0.1", "8.8.8.8, 9.9.9.9", "9.9.9.9"),
        (("10.0.0.0/8",), "10.0.0.1", "8.8.8.8, 9.9.9.9, 10.0.0.2", "9.9.9.9"),
        (("10.0.0.0/8",), "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        (("10.0.0.0/8",), "10.0.0.1", None, "10.0.0.1"),
        (("10.0.0.0/8",), "10.0.0.1", "nonsense", "10.0.0.1"),
        (("10.0.0.0/8",), "10.0.0.1", "9.9.9.9, nonsense", "10.0.0.1"),
        (("::1",), "::1", "2001:db8::1", "2001:db8::1"),
        (("10.0.0.1",), "10.0.0.1", "9.9.9.9", "9.9.9.9"),
        (("10.0.0.0/8",), "", "9.9.9.9", ""),
    ],
)
def test_only_a_trusted_proxy_is_believed_about_somebody_else(trusted, peer, header, expected):
    assert Addresses(trusted).of(peer, header) == expected


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"limit_factor": 10.0}, "LIMIT_FACTOR"),
        ({"limit_factor": 0.0}, "LIMIT_FACTOR"),
        ({"public_url": "http://yeshi.test"}, "PUBLIC_URL"),
        ({"cors_origins": ("*",)}, "CORS_ORIGINS"),
    ],
)
def test_production_refuses_what_is_for_benches_or_opens_the_door(changed, word):
    settings = GatewaySettings(
        **{"amqp_url": "amqp://x", "yeshi_env": "production", "public_url": "https://yeshi.test", **changed}
    )
    assert any(word in problem for problem in settings.problems())


def test_a_production_without_faults_has_no_problems():
    settings = GatewaySettings(amqp_url="amqp://x", yeshi_env="production", public_url="https://yeshi.test")
    assert settings.problems() == []
