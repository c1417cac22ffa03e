"""What is known about those who are told: shops, languages, LINE users, preferences."""

from chassis.testing.memory import Part
from notify.domain.preferences import Preferences
from notify.domain.rules import Shop


class MemoryShops(Part):
    def put(self, copies):
        for one in copies:
            if one.shop_id not in self.store.shops or one.version > self.store.shops[one.shop_id].version:
                self.store.shops[one.shop_id] = one


class MemoryAudience(Part):
    def get(self, shop_ids, user_ids):
        shops = {one: self.store.shops[one] for one in shop_ids if one in self.store.shops}
        people = {*user_ids, *(user for shop in shops.values() for user in shop.people)}
        locales = {user: self.store.locales[user].locale for user in people if user in self.store.locales}
        return {one: Shop(shop.name, shop.people) for one, shop in shops.items()}, locales

    def read_in(self, copies):
        for one in copies:
            if one.user_id not in self.store.locales or one.version > self.store.locales[one.user_id].version:
                self.store.locales[one.user_id] = one


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
