"""A metadata document: catalog's content and media's photos, two parts under one version.

The content is JSON text, kept as it came: nobody here looks inside, so keys and numbers of any kind survive.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from chassis.errors import Invalid
from media.domain.errors import DocumentTooLarge, PhotosChanged, TooManyPhotos
from media.domain.photo import Photo, Rendition

LARGEST_CONTENT = 256 * 1024  # bytes of JSON
MOST_PHOTOS = 9  # of a product; a variant has one
MOST_VERSION = 2**53


@dataclass(frozen=True)
class Picture:
    """A stored photo's place in a document."""

    photo_id: UUID
    renditions: tuple[Rendition, ...]


@dataclass(frozen=True)
class Submission:
    """Catalog's part as it was submitted. `version` is catalog's, `content` a JSON object as text.

    `withdrawn`: the product or variant was deleted, and its document goes with it.
    """

    metadata_id: UUID
    product_id: UUID
    version: int
    content: str
    variant_id: UUID | None = None
    withdrawn: bool = False

    def check(self) -> None:
        """Raises Invalid, DocumentTooLarge."""
        if not 0 < self.version <= MOST_VERSION:
            raise Invalid("a version counts from one", field="version")
        size = len(self.content.encode())
        if size > LARGEST_CONTENT:
            raise DocumentTooLarge(f"a document has at most {LARGEST_CONTENT} bytes", size=size)


@dataclass(eq=False)
class Document:
    """`version` is media's own and grows by one with every change of either part. The first picture is the cover.

    A withdrawn document is nobody's any more; what is left of it keeps late news from bringing it back.
    """

    id: UUID
    product_id: UUID
    version: int = 0
    content: str | None = None
    content_version: int = 0
    pictures: list[Picture] = field(default_factory=list)
    variant_id: UUID | None = None
    withdrawn: bool = False

    @property
    def photo_ids(self) -> list[UUID]:
        """Its photos in their order."""
        return [picture.photo_id for picture in self.pictures]

    def submit(self, submission: Submission) -> bool:
        """Takes newer content, or goes; False for what is as old as what is here, or older."""
        if submission.version <= self.content_version or self.withdrawn:
            return False
        self.content = None if submission.withdrawn else submission.content
        self.content_version = submission.version
        self.product_id = submission.product_id
        self.variant_id = submission.variant_id or self.variant_id
        self.withdrawn = submission.withdrawn
        if self.withdrawn:
            self.pictures = []  # the files stay: an order shows what was bought
        self.version += 1
        return True

    def check_room(self) -> None:
        """Raises TooManyPhotos when no photo fits any more. A variant's new photo takes the place of the one before."""
        if self.variant_id is None and len(self.pictures) >= MOST_PHOTOS:
            raise TooManyPhotos(f"a product has at most {MOST_PHOTOS} photos")

    def add(self, photo: Photo) -> list[UUID]:
        """Puts a stored photo in its place: behind those that were uploaded before it. Answers whose place it took.

        Raises TooManyPhotos.
        """
        if photo.id in self.photo_ids:
            return []
        self.check_room()
        replaced = self.photo_ids if self.variant_id is not None else []
        if replaced:
            self.pictures = []
        place = len(self.pictures)
        while place and self.pictures[place - 1].photo_id > photo.id:
            place -= 1
        self.pictures.insert(place, Picture(photo.id, photo.renditions))
        self.version += 1
        return replaced

    def arrange(self, photo_ids: Sequence[UUID]) -> bool:
        """Puts its photos into this order; False when they stand in it. Raises PhotosChanged."""
        if photo_ids == self.photo_ids:
            return False
        by_id = {picture.photo_id: picture for picture in self.pictures}
        if sorted(photo_ids) != sorted(by_id):
            raise PhotosChanged("name each photo once", photo_ids=[str(one) for one in self.photo_ids])
        self.pictures = [by_id[one] for one in photo_ids]
        self.version += 1
        return True

    def remove(self, photo_ids: Sequence[UUID]) -> bool:
        """Goes on without these; False when none of them is here."""
        kept = [picture for picture in self.pictures if picture.photo_id not in photo_ids]
        if len(kept) == len(self.pictures):
            return False
        self.pictures = kept
        self.version += 1
        return True
