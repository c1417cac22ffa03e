"""The events media hears."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from chassis.errors import Invalid
from chassis.events import Delivered, EventRouter
from chassis.mongo import Transaction
from contracts import catalog
from media.adapters.unit_of_work import MongoUnit
from media.bootstrap import Media
from media.domain.document import Submission
from media.domain.fetch import Fetch


def router(media: Media) -> EventRouter:
    """Hands over what catalog submits, and what it wants fetched."""
    routes = EventRouter()

    @routes.on(catalog.MetadataSubmittedV1)
    def on_submitted(run: Sequence[Delivered], tx: Transaction) -> None:
        media.documents.submitted([_submission(event.data) for event in run], MongoUnit(tx, media.publisher))

    @routes.on(catalog.PhotosWantedV1)
    def on_photos_wanted(run: Sequence[Delivered], tx: Transaction) -> None:
        MongoUnit(tx, media.publisher).add_fetches([fetch for event in run for fetch in _fetches(event.data)])

    return routes


def _fetches(data: catalog.PhotosWantedV1) -> list[Fetch]:
    try:
        product_id, metadata_id = UUID(data.product_id), UUID(data.metadata_id)
        return [Fetch(UUID(one.photo_id), product_id, metadata_id, one.url) for one in data.photos]
    except ValueError:
        raise Invalid("a photo and its product need ids") from None


def _submission(data: catalog.MetadataSubmittedV1) -> Submission:
    try:
        metadata_id, product_id = UUID(data.metadata_id), UUID(data.product_id)
        variant_id = UUID(data.variant_id) if data.variant_id else None
    except ValueError:
        raise Invalid("a document and its product need ids") from None
    content = msgspec.json.encode(data.document).decode()
    return Submission(metadata_id, product_id, data.version, content, variant_id, data.withdrawn)
