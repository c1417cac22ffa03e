"""What is known about those who are told: shops, LINE users, preferences."""

from chassis.testing.memory import Part
from notify.domain.preferences import Preferences
from notify.domain.rules import Shop


class MemoryShops(Part):
    def get(self, shop_ids):
        found = {one: self.store.shops[one] for one in shop_ids if one in self.store.shops}
        return {one: Shop(shop.name, shop.people) for one, shop in found.items()}

    def put(self, copies):
        for one in copies:
            if one.shop_id not in self.store.shops or one.version > self.store.shops[one.shop_id].version:
                self.store.shops[one.shop_id] = one


class MemoryWishes(Part):
    def get(self, user_id):
        return self.store.preferences.get(user_id, Preferences())

    def put(self, user_id, wanted):
        if self.get(user_id).version != wanted.version - 1:
            return False
        self.store.preferences[user_id] = wanted
        return True


class MemoryLine(Part):
    def bind(self, copies):
        for one in copies:
            if one.user_id not in self.store.bindings or one.version > self.store.bindings[one.user_id].version:
                self.store.bindings[one.user_id] = one

    def befriend(self, news):
        self.store.friends.update({one.line_user_id: one for one in news})
