"""The sweep: uploads that nobody will look at or finish, and stored sizes that nothing refers to, go after a day."""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice

from chassis.errors import Unavailable
from media.application import keys
from media.application.ports import Clock, Lease, Objects, StoredObject, SweepMarks

log = logging.getLogger(__name__)

OLD = timedelta(days=1)
PIECE = 200  # objects judged at once


class Sweep:
    """One step goes over the whole bucket, if the lease lets it."""

    def __init__(self, objects: Objects, marks: SweepMarks, lease: Lease, clock: Clock, old: timedelta = OLD) -> None:
        self._objects = objects
        self._marks = marks
        self._lease = lease
        self._clock = clock
        self._old = old
        self.swept = 0

    def step(self) -> bool:
        """Sweeps once. Never asks to be called again at once.

        Raises Unavailable, also when the lease ends: what was judged under it may be needed by now.
        """
        if self._lease.take():
            self._finish(self._marks.marked())
            self._sweep_uploads()
            self._sweep_derived()
            self._sweep_parts()
        return False

    def _sweep_uploads(self) -> None:
        for piece in self._old_ones(keys.INCOMING):
            ids = {key: keys.id_in(key, keys.INCOMING) for key in piece}
            waiting = self._marks.waiting([one for one in ids.values() if one is not None])
            for key, photo_id in ids.items():
                if photo_id not in waiting:
                    self._delete(key)

    def _sweep_derived(self) -> None:
        for piece in self._old_ones(keys.DERIVED):
            referenced = self._marks.referenced(piece)
            loose = [key for key in piece if key not in referenced]
            if loose:
                self._marks.mark(loose)
                self._finish(loose)

    def _sweep_parts(self) -> None:
        before = self._clock() - self._old
        for upload in self._objects.unfinished(keys.INCOMING):
            if upload.begun < before:
                self._go_on()
                self._objects.abandon(upload)
                self.swept += 1
                log.info("swept the parts of %s", upload.key)

    def _finish(self, marked: Sequence[str]) -> None:
        """Deletes marked objects that still nobody refers to: who wants to from now on, sees the mark and waits."""
        if not marked:
            return
        referenced = self._marks.referenced(marked)
        for key in marked:
            if key not in referenced:
                self._delete(key)
        self._go_on()  # or these are another's marks by now
        self._marks.unmark(marked)

    def _go_on(self) -> None:
        """Prolongs the lease, which must never have ended. A lease taken anew vouches for nothing judged before."""
        if not (self._lease.held and self._lease.take()):
            raise Unavailable("the sweep's lease has ended")

    def _delete(self, key: str) -> None:
        self._go_on()
        self._objects.delete(key)
        self.swept += 1
        log.info("swept %s", key)

    def _old_ones(self, prefix: str) -> Iterator[list[str]]:
        """Keys of old objects in pieces, the lease prolonged before each; ends early when it is lost."""
        before = self._clock() - self._old
        old: Iterator[StoredObject] = (one for one in self._objects.listing(prefix) if one.modified < before)
        while piece := [one.key for one in islice(old, PIECE)]:
            if not self._lease.take():
                return
            yield piece
