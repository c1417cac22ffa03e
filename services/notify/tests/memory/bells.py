"""Bells and what rang them."""

from dataclasses import replace

from chassis.testing.memory import Part
from notify.application.ports import Rung
from notify.domain.bell import Bell, Notification
from notify.domain.preferences import Preferences


class MemoryBells(Part):
    def ring(self, rings, at):
        rung = []
        there = {(one.event_id, one.user_id) for one in self.store.notifications.values()}
        for ring in rings:
            if (ring.event_id, ring.user_id) in there:
                continue
            before = self.store.bells.get(ring.user_id, Bell())
            bell = self.store.bells[ring.user_id] = Bell(before.seq + 1, before.unread + 1)
            self.store.notifications[ring.notification_id] = Notification(
                ring.notification_id,
                ring.event_id,
                ring.user_id,
                ring.type,
                ring.title,
                ring.body,
                ring.link,
                bell.seq,
                at,
            )
            binding = self.store.bindings.get(ring.user_id)
            line_user = binding.line_user_id if binding else None
            friend = self.store.friends.get(line_user)
            reachable = None if friend and friend.blocked else line_user
            rung.append(Rung(ring, bell, self.store.preferences.get(ring.user_id, Preferences()), reachable))
        return rung

    def lock(self, user_id):
        return self.store.bells.get(user_id, Bell())

    def mark_read(self, user_id, notification_id, at):
        found = self.store.notifications.get(notification_id)
        if found is None or found.user_id != user_id:
            return None
        if found.read_at:
            return False
        self.store.notifications[notification_id] = replace(found, read_at=at, seen_at=found.seen_at or at)
        return True

    def mark_all_read(self, user_id, at):
        unread = [one.id for one in self.store.notifications.values() if one.user_id == user_id and not one.read_at]
        return sum(bool(self.mark_read(user_id, one, at)) for one in unread)

    def save(self, user_id, bell):
        self.store.bells[user_id] = bell
