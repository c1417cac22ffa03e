"""Replicas behind a proxy: how many there are, what is done to them, and what none of their callers may notice."""

from collections.abc import Sequence

from yeshi_local.faults.result import Result
from yeshi_local.platform import Platform

REPLICAS = {"orders": 3, "catalog": 2, "gateway": 2}
#: A proxy alone in front is not restarted without a gap, and the doubles are not ours.
NOT_RESTARTED = ("line", "mailbox", "proxy")


def everything(platform: Platform) -> Sequence[str]:
    """Every process of ours, the proxy too."""
    return [name for name in platform.names() if name not in ("line", "mailbox")]


def restart_all(platform: Platform) -> None:
    """SIGTERM and start, each when the one before is ready; those that there are several of come first."""
    names = [name for name in platform.names() if name not in NOT_RESTARTED]
    for name in sorted(names, key=lambda name: name.rstrip("-0123456789") not in REPLICAS):
        platform.restart(name)


def no_request_failed_at_all(result: Result) -> list[str]:
    """F2: behind a proxy nobody has another door to try, so a refused connection has failed too."""
    return [f"F2: {count} requests failed: {said}" for said, count in result.ledger.failures().items()]
