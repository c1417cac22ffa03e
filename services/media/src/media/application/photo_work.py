"""From a waiting photo to stored sizes and its place in the document, or to a refusal with a code."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress

from chassis.errors import Unavailable
from media.application import keys
from media.application.ports import (
    Claim,
    Clock,
    Darkroom,
    Developed,
    NotAPhoto,
    ObjectMissing,
    Objects,
    PhotoQueue,
    Unit,
    Units,
)
from media.domain.document import Document
from media.domain.errors import TooManyPhotos, Unfit
from media.domain.events import MetadataChanged, PhotoSettled
from media.domain.photo import Photo, Rendition, State

log = logging.getLogger(__name__)

PAUSE = 1.0  # seconds until a photo whose work could not be done is tried again
MOST_FAILURES = 3  # surprises a photo may cause before it is refused


class PhotoWork:
    """One step takes one photo. Any number of workers may run."""

    def __init__(self, queue: PhotoQueue, objects: Objects, darkroom: Darkroom, units: Units, clock: Clock) -> None:
        self._queue = queue
        self._objects = objects
        self._darkroom = darkroom
        self._units = units
        self._clock = clock
        self.settled: Callable[[str], None] = lambda outcome: None

    def step(self) -> bool:
        """Settles the next waiting photo; False when there is none. Raises Unavailable: the photo stays waiting."""
        claim = self._queue.claim()
        if claim is None:
            return False
        try:
            self._work(claim)
        except Unavailable:
            self._give_back(claim, failed=False)
            raise
        except Exception:
            self._give_back(claim, failed=True)
            raise
        return True

    def _work(self, claim: Claim) -> None:
        photo = claim.photo
        if claim.failures >= MOST_FAILURES:
            self._settle(photo, Unfit.BROKEN)
            return
        try:
            developed = self._darkroom.develop(self._upload(photo))
        except NotAPhoto as error:
            self._settle(photo, error.code)
        else:
            self._settle(photo, self._stored(claim, developed))

    def _upload(self, photo: Photo) -> bytes:
        """The bytes as they were announced. Raises NotAPhoto when they are gone or others."""
        try:
            data = self._objects.fetch(keys.incoming(photo.id), photo.size)
        except ObjectMissing:
            raise NotAPhoto(Unfit.LOST) from None
        if hashlib.sha256(data).hexdigest() != photo.sha256:
            raise NotAPhoto(Unfit.DAMAGED)
        return data

    def _stored(self, claim: Claim, developed: Sequence[Developed]) -> tuple[Rendition, ...]:
        bodies = {keys.derived(one.body, one.content_type): one for one in developed}
        self._queue.announce(claim, list(bodies))
        for key, one in bodies.items():
            self._objects.put(key, one.body, one.content_type, keys.FOREVER)
        return tuple(
            Rendition(one.name, keys.derived(one.body, one.content_type), one.width, one.height, one.content_type)
            for one in developed
        )

    def _settle(self, photo: Photo, outcome: tuple[Rendition, ...] | Unfit) -> None:
        settled = self._units.run(lambda unit: self._settle_in(unit, photo, outcome))
        if settled is not None:
            self.settled((settled.code or settled.state).value)
            log.info("photo %s is %s", settled.id, settled.state.value, extra={"code": settled.code})
        try:
            self._objects.delete(keys.incoming(photo.id))
        except Unavailable as error:
            log.warning("an upload is left for the sweep: %s", error)

    def _settle_in(self, unit: Unit, claimed: Photo, outcome: tuple[Rendition, ...] | Unfit) -> Photo | None:
        photo = unit.photo(claimed.id)
        if photo is None or photo.state is not State.WAITING:
            return None  # somebody else was done first
        if isinstance(outcome, Unfit):
            photo.refuse(outcome, self._clock())
        else:
            self._place(unit, photo, outcome)
        unit.save_photo(photo)
        unit.publish(PhotoSettled(photo))
        return photo

    def _place(self, unit: Unit, photo: Photo, renditions: tuple[Rendition, ...]) -> None:
        document = unit.documents([photo.metadata_id]).get(photo.metadata_id)
        document = document or Document(photo.metadata_id, photo.product_id, variant_id=photo.variant_id)
        if document.withdrawn:
            photo.refuse(Unfit.GONE, self._clock())
            return
        try:
            document.check_room()
        except TooManyPhotos:
            photo.refuse(Unfit.TOO_MANY, self._clock())
            return
        photo.store(renditions, self._clock())
        for one in document.add(photo):
            replaced = unit.photo(one)
            if replaced is not None:
                replaced.delete(self._clock())
                unit.save_photo(replaced)
        unit.save_documents([document])
        unit.publish(MetadataChanged(document))

    def _give_back(self, claim: Claim, *, failed: bool) -> None:
        with suppress(Unavailable):  # then the claim ends by itself
            self._queue.give_back(claim, PAUSE, failed=failed)
