"""What happened inside media. `adapters.published_events` says which of it the outside hears, and how."""

from dataclasses import dataclass

from media.domain.document import Document
from media.domain.fetch import Fetch
from media.domain.photo import Photo


@dataclass(frozen=True)
class MetadataChanged:
    """The document as it stands now."""

    document: Document


@dataclass(frozen=True)
class PhotoSettled:
    """A photo that is stored or refused."""

    photo: Photo


@dataclass(frozen=True)
class FetchSettled:
    """A photo that was to be fetched: it stands there already (no code), or it did not come."""

    fetch: Fetch
    code: str | None


Event = MetadataChanged | PhotoSettled | FetchSettled
