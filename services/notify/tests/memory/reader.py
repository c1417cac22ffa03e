"""Answers from a store."""

from dataclasses import replace

from chassis.testing.memory import Part
from notify.application.ports import Changes
from notify.domain.bell import Bell
from notify.domain.preferences import Preferences


class MemoryReader(Part):
    """Answers from a store."""

    def _of(self, user_id):
        return sorted((one for one in self.store.notifications.values() if one.user_id == user_id), key=lambda n: n.seq)

    def page(self, user_id, unread, before, limit):
        items = [one for one in self._of(user_id) if not (unread and one.read_at)]
        if before is not None:
            items = [one for one in items if one.seq < self.store.notifications[before].seq]
        return self.store.bells.get(user_id, Bell()), items[::-1][:limit]

    def bells(self, user_ids):
        return {one: self.store.bells[one] for one in user_ids if one in self.store.bells}

    def after(self, asked, most):
        def changes(user_id, seq):
            items = [one for one in self._of(user_id) if one.seq > seq]
            return Changes(self.store.bells.get(user_id, Bell()), items[:most], len(items) <= most)

        return [changes(*one) for one in asked]

    def preferences(self, user_id):
        return self.store.preferences.get(user_id, Preferences())

    def seen(self, user_id, notification_ids, at):
        for one in notification_ids:
            self.store.notifications[one] = replace(self.store.notifications[one], seen_at=at)
