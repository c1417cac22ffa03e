"""The photos that stand in a document: their order, and those that leave it."""

from collections.abc import Sequence
from uuid import UUID

from chassis.errors import Missing
from media.application.ports import Clock, Unit, Units
from media.domain.document import Document
from media.domain.events import MetadataChanged
from media.domain.photo import State

EVER_STORED = frozenset({State.STORED, State.DELETED})


class Album:
    """Use cases around a document's photos. Whose it is, the gateway has asked catalog."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def arrange(self, metadata_id: UUID, photo_ids: Sequence[UUID]) -> Document:
        """Puts the photos into this order; the first is the cover. Answers the document.

        Raises Missing, PhotosChanged, DatabaseUnavailable.
        """

        def work(unit: Unit) -> Document:
            document = _found(unit, metadata_id)
            if document.arrange(list(photo_ids)):
                _save(unit, document)
            return document

        return self._units.run(work)

    def delete(self, metadata_id: UUID, photo_id: UUID | None) -> Document:
        """Takes this photo out, or all of them; repeating it changes nothing. Answers the document.

        Raises Missing when the photo never was of this document, DatabaseUnavailable.
        """

        def work(unit: Unit) -> Document:
            document = _found(unit, metadata_id)
            leaving = document.photo_ids if photo_id is None else [photo_id]
            for one in leaving:
                self._delete(unit, metadata_id, one)
            if document.remove(leaving):
                _save(unit, document)
            return document

        return self._units.run(work)

    def _delete(self, unit: Unit, metadata_id: UUID, photo_id: UUID) -> None:
        photo = unit.photo(photo_id)
        if photo is None or photo.metadata_id != metadata_id or photo.state not in EVER_STORED:
            raise Missing("there is no such photo")
        if photo.state is State.STORED:
            photo.delete(self._clock())
            unit.save_photo(photo)


def _found(unit: Unit, metadata_id: UUID) -> Document:
    document = unit.documents([metadata_id]).get(metadata_id)
    if document is None or document.withdrawn:
        raise Missing("there is no such document")
    return document


def _save(unit: Unit, document: Document) -> None:
    unit.save_documents([document])
    unit.publish(MetadataChanged(document))
