"""Shops, their people and their invitations, and whether somebody may sell."""

import copy

from chassis.testing.memory import Part, Table


class MemoryShops(Table):
    rows = "shops"

    def owned_by(self, owners):
        return [copy.deepcopy(shop) for shop in self.store.shops.values() if shop.owner_id in set(owners)]

    def role(self, shop_id, user_id):
        return self.store.shops[shop_id].staff.get(user_id)


class MemoryInvitations(Table):
    rows = "invitations"

    def pending(self, shop_id):
        found = [one for one in self.store.invitations.values() if one.shop_id == shop_id and one.state == "pending"]
        return copy.deepcopy(found)

    def forget(self, before):
        old = [one.id for one in self.store.invitations.values() if one.expires_at < before]
        for one in old:
            del self.store.invitations[one]


class MemorySellers(Part):
    def get(self, user_id):
        return self.store.sellers.get(user_id)

    def put(self, copies):
        newer = [
            one
            for one in copies
            if one.user_id not in self.store.sellers or one.version > self.store.sellers[one.user_id].version
        ]
        self.store.sellers.update({one.user_id: one for one in newer})
        return newer
