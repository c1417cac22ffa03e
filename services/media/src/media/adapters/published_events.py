"""What the outside sees and hears: the only door from our words to the contracts'."""

from functools import singledispatchmethod
from typing import Any

import msgspec

from contracts import Message
from contracts import media as contract
from media.domain.document import Document, Picture
from media.domain.events import Event, FetchSettled, MetadataChanged, PhotoSettled
from media.domain.photo import MAIN, Photo, Rendition


class Publisher:
    """Makes messages and answers. `base_url` is the host photos are served from; empty: the gateway's own."""

    def __init__(self, base_url: str = "") -> None:
        self._base = base_url.rstrip("/")

    @singledispatchmethod
    def message(self, event: Event) -> Message:
        """The message of an event. Raises TypeError for one that has none."""
        raise TypeError(f"{type(event).__name__} has no message")

    @message.register
    def _(self, event: MetadataChanged) -> Message:
        document = event.document
        return contract.MetadataChangedV1(
            metadata_id=str(document.id),
            product_id=str(document.product_id),
            version=document.version,
            document=_content(document),
            photos=[self._photo(picture) for picture in document.pictures],
            variant_id=str(document.variant_id) if document.variant_id else None,
        )

    @message.register
    def _(self, event: PhotoSettled) -> Message:
        status = self.status(event.photo)
        assert status.state == "stored" or status.state == "refused"
        return contract.PhotoSettledV1(
            photo_id=status.photo_id,
            product_id=status.product_id,
            state=status.state,
            url=status.url,
            width=status.width,
            height=status.height,
            code=status.code,
        )

    @message.register
    def _(self, event: FetchSettled) -> Message:
        return contract.PhotoSettledV1(
            photo_id=str(event.fetch.id),
            product_id=str(event.fetch.product_id),
            state="refused" if event.code else "stored",
            code=event.code,
        )

    def status(self, photo: Photo) -> contract.PhotoStatus:
        """How a photo stands."""
        main = photo.main
        return contract.PhotoStatus(
            photo_id=str(photo.id),
            product_id=str(photo.product_id),
            state=photo.state.value,
            url=self._url(main.key) if main else None,
            width=main.width if main else None,
            height=main.height if main else None,
            code=photo.code.value if photo.code else None,
        )

    def metadata(self, document: Document) -> contract.Metadata:
        """A document as readers see it."""
        return contract.Metadata(
            metadata_id=str(document.id),
            product_id=str(document.product_id),
            version=document.version,
            document=_content(document),
            photos=[self._photo(picture) for picture in document.pictures],
            variant_id=str(document.variant_id) if document.variant_id else None,
        )

    def photos(self, document: Document) -> contract.Photos:
        """A document's photos alone."""
        return contract.Photos(
            metadata_id=str(document.id),
            version=document.version,
            photos=[self._photo(picture) for picture in document.pictures],
        )

    def mirrored(self, document: Document) -> bytes:
        """A document as it lies in the mirror: the JSON of `Metadata`."""
        return msgspec.json.encode(self.metadata(document))

    def _photo(self, picture: Picture) -> contract.Photo:
        sizes = {one.name: one for one in picture.renditions}
        files = {one.key: one for one in sorted(picture.renditions, key=lambda one: -one.width)}
        return contract.Photo(
            photo_id=str(picture.photo_id),
            url=self._url(sizes[MAIN].key),
            width=sizes[MAIN].width,
            height=sizes[MAIN].height,
            urls={name: self._url(one.key) for name, one in sizes.items()},
            sizes=[self._size(one) for one in files.values()],
        )

    def _size(self, one: Rendition) -> contract.PhotoSize:
        return contract.PhotoSize(
            url=self._url(one.key),
            width=one.width,
            height=one.height,
            format="webp" if one.content_type == "image/webp" else "jpeg",
        )

    def _url(self, key: str) -> str:
        return f"{self._base}/{key}"


def _content(document: Document) -> Any:
    """The text goes into the message as it is, unread."""
    return msgspec.Raw((document.content or "{}").encode())
