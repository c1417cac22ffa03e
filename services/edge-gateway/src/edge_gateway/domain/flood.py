"""How much one device may say: a bucket of tokens that fills again."""

from dataclasses import dataclass


@dataclass
class _Bucket:
    tokens: float
    since: float


class Allowance:
    """`rate` readings a second for each device, and `burst` at once: a device that kept a day's readings while its line
    was down sends them all as fast as it can, and none of those may be lost.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._buckets: dict[str, _Bucket] = {}

    def takes(self, device: str, at: float) -> bool:
        """Whether one more reading of this device is within its allowance. `at` is in seconds and never goes back."""
        bucket = self._buckets.get(device)
        if bucket is None:
            self._forget_the_full(at)
            bucket = self._buckets[device] = _Bucket(self._burst, at)
        bucket.tokens = min(self._burst, bucket.tokens + (at - bucket.since) * self._rate)
        bucket.since = at
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def give_back(self, device: str) -> None:
        """A reading that was taken comes again: then it is taken anew."""
        bucket = self._buckets.get(device)
        if bucket is not None:
            bucket.tokens = min(self._burst, bucket.tokens + 1)

    def _forget_the_full(self, at: float) -> None:
        if len(self._buckets) < 10_000:
            return
        self._buckets = {
            device: bucket
            for device, bucket in self._buckets.items()
            if bucket.tokens + (at - bucket.since) * self._rate < self._burst
        }
