"""A metadata document: catalog's content and media's photos, two parts under one version.

The content is JSON text, kept as it came: nobody here looks inside, so keys and numbers of any kind survive.
"""

from dataclasses import dataclass, field
from uuid import UUID

from chassis.errors import Invalid
from media.domain.errors import DocumentTooLarge, TooManyPhotos
from media.domain.photo import Photo, Rendition

LARGEST_CONTENT = 256 * 1024  # bytes of JSON
MOST_PHOTOS = 9
MOST_VERSION = 2**53


@dataclass(frozen=True)
class Picture:
    """A stored photo's place in a document."""

    photo_id: UUID
    renditions: tuple[Rendition, ...]


@dataclass(frozen=True)
class Submission:
    """Catalog's part as it was submitted. `version` is catalog's, `content` a JSON object as text."""

    metadata_id: UUID
    product_id: UUID
    version: int
    content: str

    def check(self) -> None:
        """Raises Invalid, DocumentTooLarge."""
        if not 0 < self.version <= MOST_VERSION:
            raise Invalid("a version counts from one", field="version")
        size = len(self.content.encode())
        if size > LARGEST_CONTENT:
            raise DocumentTooLarge(f"a document has at most {LARGEST_CONTENT} bytes", size=size)


@dataclass(eq=False)
class Document:
    """`version` is media's own and grows by one with every change of either part. The first picture is the cover."""

    id: UUID
    product_id: UUID
    version: int = 0
    content: str | None = None
    content_version: int = 0
    pictures: list[Picture] = field(default_factory=list)

    def submit(self, submission: Submission) -> bool:
        """Takes newer content; False for what is as old as what is here, or older."""
        if submission.version <= self.content_version:
            return False
        self.content = submission.content
        self.content_version = submission.version
        self.product_id = submission.product_id
        self.version += 1
        return True

    def check_room(self) -> None:
        """Raises TooManyPhotos when no photo fits any more."""
        if len(self.pictures) >= MOST_PHOTOS:
            raise TooManyPhotos(f"a product has at most {MOST_PHOTOS} photos")

    def add(self, photo: Photo) -> None:
        """Puts a stored photo in its place: in the order of their ids, which is that of the uploads.

        Raises TooManyPhotos.
        """
        if any(picture.photo_id == photo.id for picture in self.pictures):
            return
        self.check_room()
        self.pictures.append(Picture(photo.id, photo.renditions))
        self.pictures.sort(key=lambda picture: picture.photo_id)
        self.version += 1
