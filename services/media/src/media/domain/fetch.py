"""A photograph that lies somewhere in the world and is to be ours: why it did not come."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

MOST_TRIES = 3
PAUSES = (2.0, 15.0)  # seconds before the second and the third try


class FetchCode(StrEnum):
    """Why nothing was fetched. A seller reads it as the photo's `code`."""

    ADDRESS = "address_refused"  # no address of the open world
    FAILED = "fetch_failed"
    TIMEOUT = "fetch_timeout"
    MISSING = "fetch_not_found"
    REDIRECTS = "too_many_redirects"
    TOO_LARGE = "image_too_large"

    @property
    def passing(self) -> bool:
        """Whether it may be otherwise a little later."""
        return self in {FetchCode.FAILED, FetchCode.TIMEOUT}


class NotFetched(Exception):
    """The address gave no picture; `code` says why."""

    def __init__(self, code: FetchCode, detail: str = "") -> None:
        super().__init__(detail or code.value)
        self.code = code


@dataclass(frozen=True)
class Fetch:
    """A photo to be fetched: `id` is the one it will have, `tries` how often it did not come."""

    id: UUID
    product_id: UUID
    metadata_id: UUID
    url: str
    tries: int = 0
