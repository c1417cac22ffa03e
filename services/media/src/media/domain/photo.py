"""A photo: waiting from its upload until it is stored, in several sizes, or refused with a code."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from media.domain.errors import IllegalTransition, Unfit, UploadTooLarge

LARGEST_UPLOAD = 10 * 1024 * 1024  # bytes
MOST_PIXELS = 50_000_000  # what today's telephones take, and a JPEG is decoded at a fraction of its size
MOST_PIXELS_AT_ONCE = 24_000_000  # of a format that is decoded whole
LONGEST_SIDE = 12_000  # pixels

MAIN = "full"
#: Width in pixels of each size; a photo is at most three times as high. Nothing is enlarged.
WIDTHS = {MAIN: 1600, "card": 800, "thumb": 320}
#: The name of each size again as JPEG, for those who read no WebP: LINE's messages.
JPEGS = {MAIN: "jpeg", "card": "jpeg_card", "thumb": "jpeg_thumb"}
HEIGHT_FACTOR = 3


def fitted(width: int, height: int, widest: int) -> tuple[int, int]:
    """Width and height of a picture once it fits a box `widest` wide and three times as high."""
    scale = min(1.0, widest / width, widest * HEIGHT_FACTOR / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def unfit_header(width: int, height: int, *, at_once: bool) -> bool:
    """Whether a picture of this size is not even decoded; `at_once`: it could only be decoded whole."""
    sides = 0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE
    return not sides or width * height > (MOST_PIXELS_AT_ONCE if at_once else MOST_PIXELS)


class State(StrEnum):
    """How a photo stands."""

    WAITING = "waiting"
    STORED = "stored"
    REFUSED = "refused"
    DELETED = "deleted"


@dataclass(frozen=True)
class Rendition:
    """One stored size. `key` is its object's, made from its bytes."""

    name: str
    key: str
    width: int
    height: int
    content_type: str


@dataclass(eq=False)
class Photo:
    """One upload to a product, or to a variant of it. `sha256` is of the bytes as they came, in hex; `size` theirs."""

    id: UUID
    product_id: UUID
    metadata_id: UUID
    sha256: str
    size: int
    accepted_at: datetime
    state: State = State.WAITING
    code: Unfit | None = None
    renditions: tuple[Rendition, ...] = ()
    settled_at: datetime | None = None
    variant_id: UUID | None = None
    deleted_at: datetime | None = None

    def check_upload(self) -> None:
        """Raises UploadTooLarge."""
        if self.size > LARGEST_UPLOAD:
            raise UploadTooLarge(f"a photo has at most {LARGEST_UPLOAD // 1024 // 1024} MB", limit=LARGEST_UPLOAD)

    @property
    def stands_for_bytes(self) -> bool:
        """Whether the same bytes sent again are this photo; otherwise they may become another one."""
        if self.state is State.DELETED:
            return False
        return self.code is None or self.code.of_the_bytes

    @property
    def main(self) -> Rendition | None:
        """The size that stands for the photo; None unless it is stored."""
        return next((one for one in self.renditions if one.name == MAIN), None)

    def store(self, renditions: tuple[Rendition, ...], at: datetime) -> None:
        """It is a photo now."""
        self._settle(State.STORED, at)
        self.renditions = renditions

    def refuse(self, code: Unfit, at: datetime) -> None:
        """It will be none."""
        self._settle(State.REFUSED, at)
        self.code = code

    def delete(self, at: datetime) -> None:
        """A stored photo is in no document any more. Its files stay for another day."""
        if self.state is not State.STORED:
            raise IllegalTransition(f"photo {self.id} is {self.state}")
        self.state = State.DELETED
        self.deleted_at = at

    def _settle(self, state: State, at: datetime) -> None:
        if self.state is not State.WAITING:
            raise IllegalTransition(f"photo {self.id} is {self.state}")
        self.state = state
        self.settled_at = at
