"""Photos as the gateway sees them: accepted, then asked about."""

from uuid import UUID

from chassis.errors import Missing
from media.application.ports import Reader, Uploads
from media.domain.errors import PhotoIdTaken
from media.domain.photo import Photo


class PhotoDesk:
    """Use cases around uploads."""

    def __init__(self, uploads: Uploads, reader: Reader) -> None:
        self._uploads = uploads
        self._reader = reader

    def accept(self, photo: Photo) -> Photo:
        """Takes an upload whose bytes lie in the bucket, and answers how it stands.

        The same call again, and the same bytes on the same document, answer the photo there is. Raises UploadTooLarge,
        PhotoIdTaken, Unavailable.
        """
        photo.check_upload()
        kept = self._uploads.add(photo)
        if kept.product_id != photo.product_id:
            raise PhotoIdTaken("this id names another photo")
        return kept

    def get(self, photo_id: UUID) -> Photo:
        """How a photo stands. Raises Missing."""
        photo = self._reader.photo(photo_id)
        if photo is None:
            raise Missing("no such photo")
        return photo
