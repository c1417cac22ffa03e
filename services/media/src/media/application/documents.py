"""Documents: catalog's content comes by events, readers ask for what stands."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from media.application.ports import Reader, Unit
from media.domain.document import Document, Submission
from media.domain.events import MetadataChanged


class DocumentDesk:
    """Use cases around documents."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def submitted(self, submissions: Sequence[Submission], unit: Unit) -> None:
        """Keeps newer content, within the transaction of the events; older news change nothing.

        A withdrawal is not told on: whoever shows a product hears from catalog that it is gone.

        Raises Invalid, DocumentTooLarge.
        """
        for submission in submissions:
            submission.check()
        documents = unit.documents({one.metadata_id for one in submissions})
        changed: dict[UUID, Document] = {}
        for submission in submissions:
            document = documents.setdefault(
                submission.metadata_id,
                Document(submission.metadata_id, submission.product_id, variant_id=submission.variant_id),
            )
            if document.submit(submission):
                changed[document.id] = document
        unit.save_documents(list(changed.values()))
        unit.publish(*(MetadataChanged(document) for document in changed.values() if not document.withdrawn))

    def get_many(self, ids: Iterable[UUID]) -> dict[UUID, Document]:
        """Documents by id; what is not there is absent."""
        return self._reader.documents(ids)
