"""How often somebody may knock."""

from chassis.testing.memory import Part
from users.domain.limits import Bucket, Failures


class MemoryThrottles(Part):
    def __init__(self, store, clock):
        super().__init__(store)
        self.clock = clock

    def take(self, key, limit):
        self.store.buckets[key], wait = self.store.buckets.get(key, Bucket(self.clock())).take(limit, self.clock())
        return wait

    def attempt(self, account, patience):
        known = self.store.failures.get(account, Failures.none(self.clock()))
        self.store.failures[account], wait = known.attempt(patience, self.clock())
        return wait

    def forgive(self, account):
        self.store.failures.pop(account, None)

    def forget(self):
        old = [key for key, bucket in self.store.buckets.items() if bucket.full_at < self.clock()]
        for key in old:
            del self.store.buckets[key]
        return len(old)
