"""A photo at the door: from a right to edit, over bytes that are counted as they come, to a stored picture."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from chassis.errors import Invalid, Kind, Missing, Refusal, Unauthenticated, Unavailable
from chassis.ids import uuid7
from gateway.application.files import RETRY_AFTER, Chunks, Intake, Passing
from gateway.application.waiting import Waiters

Principal = dict[str, Any] | None
View = dict[str, Any]

LARGEST = 10 * 1024 * 1024  # bytes of one photo
MOST_AT_ONCE = 6  # uploads side by side
BODY_PATIENCE = 30.0  # seconds for a body to arrive
PATIENCE = 12.0  # seconds until an accepted photo must be settled
TICKET_LIFE = 600  # seconds to begin a presigned upload


class PresignedUploadsOff(Refusal):
    """Pictures go through this door: the store takes none directly."""

    code = "presigned_uploads_off"
    kind = Kind.CONFLICT


class UploadLost(Invalid):
    """There is no such upload."""

    code = "upload_lost"


class Catalog(Protocol):
    """The service that knows who may edit a product. Both raise Missing, Forbidden, Unavailable."""

    async def may_edit_product(self, principal: Principal, product_id: str) -> View:
        """Contract `MayEdit`."""

    async def may_edit_variant(self, principal: Principal, variant_id: str) -> View:
        """Contract `MayEdit`."""

    async def may_edit_shop(self, principal: Principal, shop_id: str, picture: str) -> View:
        """Contract `ShopPicture`, answers `MayEdit`. Raises Missing, Forbidden, Unavailable."""


class Media(Protocol):
    """The service that owns photos."""

    async def accept_photo(self, principal: Principal, photo: View) -> View:
        """Contract `AcceptPhoto`, answers `PhotoStatus`. Raises its refusals, and Unavailable."""

    async def get_photo(self, principal: Principal, photo_id: str) -> View:
        """How a photo stands, `PhotoStatus`. Raises Missing, Unavailable."""

    async def arrange_photos(self, principal: Principal, metadata_id: str, photo_ids: Sequence[str]) -> View:
        """Contract `ArrangePhotos`, answers `Photos`. Raises its refusals, and Unavailable."""

    async def delete_photo(self, principal: Principal, metadata_id: str, photo_id: str | None) -> View:
        """Contract `DeletePhoto`, answers `Photos`. Raises Missing, Unavailable."""


class Incoming(Protocol):
    """Where bytes lie until media has looked at them."""

    async def put_incoming(self, name: str, chunks: Chunks) -> None:
        """Stores the bytes as `incoming/<name>` as they come. Raises Unavailable, and what they raise: then it stores
        nothing.
        """

    async def presigned(self, photo_id: str, content_type: str, size: int, seconds: int) -> View | None:
        """Where and how anybody may store exactly that many bytes as `incoming/<photo_id>`; None when nobody may."""


ReadFile = Callable[[str, Chunks], Chunks]


@dataclass(frozen=True)
class Target:
    """What a photo shows: a product, one of its variants, or a shop as its `picture`, logo or cover."""

    product_id: str | None = None
    variant_id: str | None = None
    shop_id: str | None = None
    picture: str = ""


class PhotoDesk:
    """Takes uploads. `read_file` finds the file's bytes in a body; it raises Refusal for what holds none."""

    def __init__(
        self,
        catalog: Catalog,
        media: Media,
        incoming: Incoming,
        read_file: ReadFile,
        *,
        new_id: Callable[[], UUID] = uuid7,
        patience: float = PATIENCE,
    ) -> None:
        self._catalog = catalog
        self._media = media
        self._incoming = incoming
        self._read_file = read_file
        self._new_id = new_id
        self._intake = Intake("a photo", LARGEST, MOST_AT_ONCE, BODY_PATIENCE)
        self._patience = patience
        self.waiters: Waiters[View] = Waiters()

    def settled(self, photo_id: str, status: View) -> None:
        """An event told how a photo stands, in the form of `PhotoStatus`."""
        self.waiters.tell(photo_id, status)

    async def upload(
        self, principal: Principal, target: Target, content_type: str, content_length: int | None, chunks: Chunks
    ) -> View:
        """The stored photo: `{photo_id, url, width, height}`. A variant's takes the place of the one before.

        Raises TooLarge early; Missing or Forbidden when the product is not the caller's to edit; the refusal of what
        is no good picture with media's code; Unavailable when it is not settled within 12 s or a part is away.
        """
        if principal is None:
            raise Unauthenticated("log in first")
        self._intake.check_body(content_length)
        right = await self._right(principal, target)
        photo_id = str(self._new_id())
        passing = Passing()
        async with self._intake.place():
            file = self._intake.read(chunks, lambda body: self._read_file(content_type, body), passing)
            await self._intake.store(file, lambda chunks: self._incoming.put_incoming(photo_id, chunks))
        return await self._accepted(principal, _photo(photo_id, right, passing.sha256, passing.size))

    async def announce(self, principal: Principal, product_id: str, content_type: str, size: int) -> View:
        """A presigned upload: `{photo_id, method, url, headers, expires_in}`. Nothing is kept until it is accepted.

        Raises TooLarge, PresignedUploadsOff, and the refusals of rights.
        """
        self._intake.check(size)
        await self._right(principal, Target(product_id=product_id))
        photo_id = str(self._new_id())
        ticket = await self._incoming.presigned(photo_id, content_type, size, TICKET_LIFE)
        if ticket is None:
            raise PresignedUploadsOff("send the picture itself to /v1/products/{product_id}/photos")
        return {"photo_id": photo_id, **ticket, "expires_in": TICKET_LIFE}

    async def accept(self, principal: Principal, product_id: str, photo_id: str, sha256: str, size: int) -> View:
        """The stored photo whose bytes lie in the store, as `upload` answers it.

        Whoever names an upload has to know what it holds, so nobody's bytes become somebody else's photo.
        """
        self._intake.check(size)
        right = await self._right(principal, Target(product_id=product_id))
        try:
            return await self._accepted(principal, _photo(photo_id, right, sha256, size))
        except Refusal as refusal:
            if refusal.code != "photo_id_taken":
                raise
            raise UploadLost("nothing was uploaded under this id") from None  # nor does it tell whose photo it is

    async def arrange(self, principal: Principal, product_id: str, photo_ids: Sequence[str]) -> View:
        """The product's photos in this order. Raises Missing, Forbidden, media's `photos_changed`, Unavailable."""
        right = await self._right(principal, Target(product_id=product_id))
        return await self._media.arrange_photos(principal, right["metadata_id"], photo_ids)

    async def remove(self, principal: Principal, target: Target, photo_id: str | None) -> None:
        """Takes a photo out, or all. Raises Missing, Forbidden, Unavailable."""
        right = await self._right(principal, target)
        await self._media.delete_photo(principal, right["metadata_id"], photo_id)

    async def _right(self, principal: Principal, target: Target) -> View:
        if target.shop_id is not None:
            return await self._catalog.may_edit_shop(principal, target.shop_id, target.picture)
        if target.variant_id is not None:
            return await self._catalog.may_edit_variant(principal, target.variant_id)
        return await self._catalog.may_edit_product(principal, target.product_id or "")

    async def _accepted(self, principal: Principal, photo: View) -> View:
        """Asks media to take it, and waits. The same bytes on the same product are another, earlier photo."""
        with ExitStack() as waiting:
            waiter = waiting.enter_context(self.waiters.expect(photo["photo_id"]))
            status = await self._media.accept_photo(principal, photo)
            photo_id = str(status["photo_id"])
            if photo_id != photo["photo_id"]:
                waiter = waiting.enter_context(self.waiters.expect(photo_id))
                if status["state"] == "waiting":  # what was told of it until now was told to others
                    status = await self._media.get_photo(principal, photo_id)
            if status["state"] == "waiting" and await waiter.until(lambda: bool(waiter.news), self._patience):
                status = waiter.news[-1]
            if status["state"] == "waiting":
                status = await self._media.get_photo(principal, photo_id)
        return _answer(status)


def _photo(photo_id: str, right: View, sha256: str, size: int) -> View:
    return {
        "photo_id": photo_id,
        "product_id": right["product_id"],
        "metadata_id": right["metadata_id"],
        "variant_id": right.get("variant_id"),
        "sha256": sha256,
        "size": size,
    }


def _answer(status: View) -> View:
    if status["state"] == "stored":
        return {name: status[name] for name in ("photo_id", "url", "width", "height")}
    if status["state"] == "refused":
        code = str(status.get("code") or "invalid_image")
        kind = Kind.UNSUPPORTED if code.startswith("unsupported") else Kind.INVALID
        raise Refusal.from_dict({"code": code, "kind": kind, "detail": "the picture was refused"})
    if status["state"] == "deleted":
        raise Missing("the picture was deleted meanwhile")
    raise Unavailable("the picture is still being worked on; try again", retry_after=RETRY_AFTER)
