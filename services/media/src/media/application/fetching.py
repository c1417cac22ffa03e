"""From the address of a photograph to an upload like any other: the same checks, the same sizes, the same place."""

import hashlib
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

from chassis.errors import Unavailable
from media.application import keys
from media.application.ports import Clock, ObjectMissing, Objects, Reader, Unit, Units, Uploads
from media.domain.events import FetchSettled
from media.domain.fetch import MOST_TRIES, PAUSES, Fetch, FetchCode, NotFetched
from media.domain.photo import LARGEST_UPLOAD, Photo, State

log = logging.getLogger(__name__)

SOON = 1.0  # seconds until something that is only not yet there is looked at again
_OWN = re.compile(r"/(media/[0-9a-f]{64}\.(?:webp|jpg))")


@dataclass(frozen=True)
class FetchClaim:
    """A fetch that is ours for a while."""

    fetch: Fetch
    token: str


class FetchQueue(Protocol):
    """Photographs to be fetched. A claim ends by itself. Raises DatabaseUnavailable."""

    def claim(self) -> FetchClaim | None:
        """The oldest that is due and that nobody works on."""

    def give_back(self, claim: FetchClaim, pause: float, *, failed: bool) -> None:
        """Lets somebody claim it again after `pause` seconds; `failed` counts a try."""

    def end(self, fetch_id: UUID) -> None:
        """Nothing is to be fetched any more: it is an upload now."""


class Fetcher(Protocol):
    """The open world."""

    def fetch(self, url: str, most: int) -> bytes:
        """What lies at this address, at most so many bytes. Raises NotFetched."""


class FetchWork:
    """One step fetches one photograph. Any number of workers may run."""

    def __init__(
        self,
        queue: FetchQueue,
        fetcher: Fetcher,
        objects: Objects,
        uploads: Uploads,
        reader: Reader,
        units: Units,
        clock: Clock,
    ) -> None:
        self._queue = queue
        self._fetcher = fetcher
        self._objects = objects
        self._uploads = uploads
        self._reader = reader
        self._units = units
        self._clock = clock
        self.settled: Callable[[str], None] = lambda outcome: None

    def step(self) -> bool:
        """Works on the next one; False when there is none. Raises Unavailable: it stays to be fetched."""
        claim = self._queue.claim()
        if claim is None:
            return False
        try:
            self._work(claim)
        except NotFetched as error:
            self._not_fetched(claim, error)
        except Unavailable:
            with suppress(Unavailable):  # then the claim ends by itself
                self._queue.give_back(claim, SOON, failed=False)
            raise
        except Exception:
            log.exception("a photograph could not be fetched, and it is not known why")
            self._not_fetched(claim, NotFetched(FetchCode.FAILED))
        return True

    def _work(self, claim: FetchClaim) -> None:
        fetch = claim.fetch
        if self._reader.photo(fetch.id) is not None:
            self._queue.end(fetch.id)  # a worker before us died when it was an upload already
            return
        own = _OWN.fullmatch(_path(fetch.url))
        if own is not None and self._shown(fetch, own[1]):
            self._settle(fetch, None)
            return
        body = self._body(fetch, own[1] if own else None)
        kept = self._accepted(fetch, body)
        if kept.id == fetch.id:
            self._queue.end(fetch.id)
            self.settled("fetched")
        elif kept.state is State.WAITING:
            self._queue.give_back(claim, SOON, failed=False)  # the same bytes are being looked at
        else:
            self._settle(fetch, kept.code.value if kept.code else None)

    def _shown(self, fetch: Fetch, key: str) -> bool:
        """Whether one of our own pictures stands beside the product already."""
        document = self._reader.documents([fetch.metadata_id]).get(fetch.metadata_id)
        pictures = document.pictures if document else []
        return any(one.key == key for picture in pictures for one in picture.renditions)

    def _body(self, fetch: Fetch, own_key: str | None) -> bytes:
        """One of our own pictures is named by what it holds, so it is the same from whatever host."""
        if own_key is not None:
            with suppress(ObjectMissing):
                return self._objects.fetch(own_key, LARGEST_UPLOAD)
        return self._fetcher.fetch(fetch.url, LARGEST_UPLOAD)

    def _accepted(self, fetch: Fetch, body: bytes) -> Photo:
        photo = Photo(
            id=fetch.id,
            product_id=fetch.product_id,
            metadata_id=fetch.metadata_id,
            sha256=hashlib.sha256(body).hexdigest(),
            size=len(body),
            accepted_at=self._clock(),
        )
        self._objects.put(keys.incoming(photo.id), body, "application/octet-stream", keys.NOT_KEPT)
        kept = self._uploads.add(photo)
        if kept.id != photo.id:
            self._objects.delete(keys.incoming(photo.id))
        return kept

    def _not_fetched(self, claim: FetchClaim, error: NotFetched) -> None:
        tries = claim.fetch.tries + 1
        if error.code.passing and tries < MOST_TRIES:
            self._queue.give_back(claim, PAUSES[tries - 1], failed=True)
            return
        log.info("photo %s was not fetched: %s", claim.fetch.id, error, extra={"code": error.code.value})
        self._settle(claim.fetch, error.code.value)

    def _settle(self, fetch: Fetch, code: str | None) -> None:
        """Tells how it ended, once: together with the end of the fetch."""

        def work(unit: Unit) -> None:
            if unit.end_fetch(fetch.id):
                unit.publish(FetchSettled(fetch, code))

        self._units.run(work)
        self.settled(code or "known")


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
