"""The nameko service: methods decode, hand over and encode. Nothing in it speaks to S3."""

import re
from typing import Any

from chassis.decode import Payload, Principal, caller, known, new, request, there
from chassis.errors import Invalid
from chassis.events import EventInbox
from chassis.green import Application, consume_events, rpc, run
from chassis.mongo.inbox import MongoInbox
from chassis.settings import load_or_exit
from contracts import media as contract
from media.bootstrap import Media, build, database
from media.domain.photo import Photo
from media.entrypoints.events import router
from media.settings import ServiceSettings

MOST_EVENTS = 100  # of one transaction: a document may be large
_SHA256 = re.compile(r"[0-9a-f]{64}")


class MediaService:
    """Photos and documents."""

    name = "media"

    app: Media = Application()
    events = consume_events()

    @rpc
    def accept_photo(self, principal: Principal, payload: Payload) -> Any:
        """Contract `AcceptPhoto`, answers `PhotoStatus`."""
        caller(principal)  # whose product it is, the gateway has asked catalog
        asked = request(payload, contract.AcceptPhoto)
        if not _SHA256.fullmatch(asked.sha256):
            raise Invalid("sha256 must be 64 hex digits", field="sha256")
        if asked.size < 0:
            raise Invalid("size must not be negative", field="size")
        photo = Photo(
            id=new(asked.photo_id, "photo_id"),
            product_id=new(asked.product_id, "product_id"),
            metadata_id=new(asked.metadata_id, "metadata_id"),
            sha256=asked.sha256,
            size=asked.size,
            accepted_at=self.app.now(),
            variant_id=new(asked.variant_id, "variant_id") if asked.variant_id else None,
        )
        return self.app.publisher.status(self.app.photos.accept(photo))

    @rpc
    def get_photo(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PhotoId`, answers `PhotoStatus`."""
        photo_id = there(request(payload, contract.PhotoId).photo_id)
        return self.app.publisher.status(self.app.photos.get(photo_id))

    @rpc
    def arrange_photos(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ArrangePhotos`, answers `Photos`."""
        caller(principal)  # whose product it is, the gateway has asked catalog
        asked = request(payload, contract.ArrangePhotos)
        photo_ids = [new(one, "photo_ids") for one in asked.photo_ids]
        return self.app.publisher.photos(self.app.album.arrange(there(asked.metadata_id), photo_ids))

    @rpc
    def delete_photo(self, principal: Principal, payload: Payload) -> Any:
        """Contract `DeletePhoto`, answers `Photos`."""
        caller(principal)  # whose product it is, the gateway has asked catalog
        asked = request(payload, contract.DeletePhoto)
        photo_id = there(asked.photo_id) if asked.photo_id is not None else None
        return self.app.publisher.photos(self.app.album.delete(there(asked.metadata_id), photo_id))

    @rpc
    def get_metadata(self, principal: Principal, payload: Payload) -> Any:
        """Contract `GetMetadata`."""
        documents = self.app.documents.get_many(known(request(payload, contract.GetMetadata).ids))
        return {"items": {str(one.id): self.app.publisher.metadata(one) for one in documents.values()}}


def start(_arguments: list[str]) -> int:
    """The process."""
    settings = load_or_exit(ServiceSettings)
    on = database(settings, "media")
    app = build(on, settings.media_base_url)
    return run(
        MediaService,
        settings=settings,
        amqp_url=settings.amqp_url,
        application=app,
        inbox=EventInbox("media", MongoInbox(on), router(app), max_events=MOST_EVENTS),
        checks={"mongo": on.problem},
        on_stopped=on.close,
    )
