"""How often something may be tried. Kept where all replicas see it, so they count together."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

_NETWORK_V6 = 64  # a household or a phone has a whole /64 to itself


@dataclass(frozen=True)
class Limit:
    """A rate, and how many may come at once after a quiet time."""

    per_minute: float
    burst: int

    def times(self, factor: float) -> "Limit":
        """The same, that much wider."""
        return Limit(self.per_minute * factor, max(1, round(self.burst * factor)))


@dataclass(frozen=True)
class Bucket:
    """A generic cell rate algorithm. `full_at` is when it will be as if nothing had come (ATM Forum TM 4.0, 4.4.2)."""

    full_at: datetime

    def take(self, limit: Limit, at: datetime) -> tuple["Bucket", float]:
        """The bucket afterwards and 0, or the bucket as it is and in how many seconds there is room again."""
        every = timedelta(minutes=1 / limit.per_minute)
        wait = (self.full_at - every * (limit.burst - 1) - at).total_seconds()
        if wait > 0:
            return self, wait
        return Bucket(max(self.full_at, at) + every), 0.0


@dataclass(frozen=True)
class Patience:
    """How many failures are free, the first delay after them and the longest, and when they are forgotten."""

    free: int = 10
    longest: timedelta = timedelta(minutes=15)
    forgotten_after: timedelta = timedelta(hours=24)

    def times(self, factor: float) -> "Patience":
        """More free failures."""
        return Patience(max(1, round(self.free * factor)), self.longest, self.forgotten_after)

    def delay(self, failures: int) -> timedelta:
        """How long to wait after so many: nothing, then 1, 2, 4 … seconds."""
        if failures < self.free:
            return timedelta()
        return min(self.longest, timedelta(seconds=2 ** min(failures - self.free, 30)))


@dataclass(frozen=True)
class Failures:
    """Failed attempts at one account. An attempt counts as failed until it has proved right, so that many at once gain
    nothing.
    """

    count: int
    blocked_until: datetime
    last_at: datetime

    @classmethod
    def none(cls, at: datetime) -> "Failures":
        """Nothing has failed."""
        return cls(0, at, at)

    def attempt(self, patience: Patience, at: datetime) -> tuple["Failures", float]:
        """The failures with this attempt and 0, or as they are and in how many seconds the next one is heard."""
        if at - self.last_at > patience.forgotten_after:
            return Failures.none(at).attempt(patience, at)
        wait = (self.blocked_until - at).total_seconds()
        if wait > 0:
            return self, wait
        count = self.count + 1
        return Failures(count, at + patience.delay(count), at), 0.0


@dataclass(frozen=True)
class Limits:
    """The limits of this service."""

    register: Limit = Limit(per_minute=30, burst=20)
    login: Limit = Limit(per_minute=60, burst=60)
    failures: Patience = Patience()
    forgot: Limit = Limit(per_minute=10, burst=10)
    letters: Limit = Limit(per_minute=0.2, burst=3)  # with a link, to one address

    def times(self, factor: float) -> "Limits":
        """All of them wider; for benches."""
        return Limits(
            self.register.times(factor),
            self.login.times(factor),
            self.failures.times(factor),
            self.forgot.times(factor),
            self.letters.times(factor),
        )


def network_of(client_ip: str) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        address = ipaddress.ip_address(client_ip.strip())
    except ValueError:
        return client_ip.strip()[:64]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), _NETWORK_V6), strict=False))
    return str(address)
