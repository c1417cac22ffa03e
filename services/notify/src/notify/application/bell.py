"""Reading the bell: the list, the badge, what a stream missed, and marking things as read."""

from collections.abc import Callable, Sequence
from uuid import UUID

from chassis.errors import Missing
from notify.application import views
from notify.application.ports import Clock, Reader, Seen, UnitOfWork, Units
from notify.application.views import View
from notify.domain.bell import Bell, BellChanged

MOST_CHANGES = 200


class BellDesk:
    """Use cases of a user's own bell."""

    def __init__(self, units: Units, reader: Reader, seen: Seen, clock: Clock) -> None:
        self._units = units
        self._reader = reader
        self._seen = seen
        self._clock = clock

    def page(self, by: UUID, *, unread: bool, before: UUID | None, limit: int) -> View:
        """Notifications, newest first. What is listed for the first time answers without `seen_at`, and has it then."""
        bell, items = self._reader.page(by, unread, before, limit + 1)
        more, items = len(items) > limit, items[:limit]
        if new := [one.id for one in items if one.seen_at is None]:
            self._seen(by, new, self._clock())
        return {
            "items": [views.item(one) for one in items],
            "unread_count": bell.unread,
            "next_cursor": str(items[-1].id) if more else None,
        }

    def unread(self, by: UUID) -> View:
        """The badge."""
        return views.bell(self._reader.bells([by]).get(by, Bell()))

    def unread_each(self, users: Sequence[UUID]) -> list[View]:
        """The badge of each, by position."""
        found = self._reader.bells(set(users))
        return [views.bell(found.get(user, Bell())) for user in users]

    def after(self, asked: Sequence[tuple[UUID, int]]) -> list[View]:
        """What a bell's stream missed since a seq, for each (user, seq), by position. The seq answered is the bell's
        now; reads move it too, so it may be ahead of the last item's.
        """
        return [
            {
                **views.bell(changes.bell),
                "items": [views.item(one) for one in changes.items],
                "complete": changes.complete,
            }
            for changes in self._reader.after(asked, MOST_CHANGES)
        ]

    def read(self, by: UUID, notification_id: UUID) -> View:
        """Marks one as read; reading it twice is reading it once. Raises Missing."""

        def mark(unit: UnitOfWork) -> int:
            unread = unit.bells.mark_read(by, notification_id, self._clock())
            if unread is None:
                raise Missing
            return int(unread)

        return self._marked(by, mark)

    def read_all(self, by: UUID) -> View:
        """Marks all as read: one change, or none when nothing was unread."""
        return self._marked(by, lambda unit: unit.bells.mark_all_read(by, self._clock()))

    def _marked(self, by: UUID, mark: Callable[[UnitOfWork], int]) -> View:
        """Locks the bell first, so that what is counted is what stands."""
        with self._units() as unit:
            bell = unit.bells.lock(by)
            count = mark(unit)
            if count:
                bell = Bell(bell.seq + 1, bell.unread - count)
                unit.bells.save(by, bell)
                unit.publish(BellChanged(by, bell))
        return views.bell(bell)
