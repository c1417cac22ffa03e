"""What media refuses, by stable code, and why a photo can be no photo."""

from enum import StrEnum

from chassis.errors import Kind, Refusal


class Unfit(StrEnum):
    """Why an upload became no photo. A seller reads it as the photo's `code`."""

    UNSUPPORTED = "unsupported_image"  # neither JPEG, PNG nor WebP
    BROKEN = "broken_image"  # it begins like one and cannot be read to its end
    TOO_LARGE = "image_too_large"  # more pixels, or more work, than a photo may have
    ANIMATED = "animated_image"
    TOO_MANY = "too_many_photos"
    LOST = "upload_lost"  # its bytes are not where they should be
    DAMAGED = "upload_damaged"  # its bytes are not those that were announced
    GONE = "product_gone"  # what it was to show was deleted meanwhile

    @property
    def of_the_bytes(self) -> bool:
        """Whether the same bytes would be refused again; otherwise they may be sent anew."""
        return self not in {Unfit.TOO_MANY, Unfit.LOST, Unfit.DAMAGED, Unfit.GONE}


class TooManyPhotos(Refusal):
    """The document holds as many photos as one may."""

    code = Unfit.TOO_MANY.value
    kind = Kind.CONFLICT


class PhotosChanged(Refusal):
    """The photos named are not those the document holds; `photo_ids` are."""

    code = "photos_changed"
    kind = Kind.CONFLICT


class UploadTooLarge(Refusal):
    """More bytes than a photo may have."""

    code = Unfit.TOO_LARGE.value
    kind = Kind.TOO_LARGE


class PhotoIdTaken(Refusal):
    """The id names a photo of another product."""

    code = "photo_id_taken"
    kind = Kind.CONFLICT


class DocumentTooLarge(Refusal):
    """A metadata document of more bytes than one may have."""

    code = "document_too_large"
    kind = Kind.TOO_LARGE


class IllegalTransition(Exception):
    """A photo that is settled cannot be settled again."""
