"""The photo desk: rights, sizes, and the two ways to hear how a photo stands."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from chassis.errors import Forbidden, Kind, Missing, Refusal, Unauthenticated, Unavailable
from gateway.application.photos import LARGEST, PhotoDesk, PresignedUploadsOff, Target

SELLER = {"user_id": "u-1", "session_id": "x-1", "roles": []}
PICTURE = b"\x89PNG" + bytes(1000)
PRODUCT = Target(product_id="p-1")


async def chunks(*parts: bytes, pause: float = 0) -> AsyncIterator[bytes]:
    for part in parts:
        await asyncio.sleep(pause)
        yield part


async def as_it_is(_content_type: str, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for chunk in body:
        yield chunk


class Behind:
    """Catalog, media and the store in memory. Media stores what it accepts, unless a test says otherwise."""

    def __init__(self) -> None:
        self.refusal: Refusal | None = None
        self.store_refusal: Refusal | None = None
        self.stored: dict[str, bytes] = {}
        self.accepted: list[dict] = []
        self.reads = 0
        self.deleted: list[tuple[str, str | None]] = []
        self.ticket: dict | None = None
        self.answer: dict = {"state": "stored"}
        self.later: dict = {"state": "waiting"}

    async def may_edit_product(self, principal, product_id) -> dict:
        if self.refusal:
            raise self.refusal
        return {"product_id": product_id, "shop_id": "s-1", "metadata_id": "m-1"}

    async def may_edit_variant(self, principal, variant_id) -> dict:
        if self.refusal:
            raise self.refusal
        return {"product_id": "p-1", "shop_id": "s-1", "metadata_id": "m-2", "variant_id": variant_id}

    async def arrange_photos(self, principal, metadata_id, photo_ids) -> dict:
        return {"metadata_id": metadata_id, "version": 2, "photos": photo_ids}

    async def delete_photo(self, principal, metadata_id, photo_id) -> dict:
        self.deleted.append((metadata_id, photo_id))
        return {"metadata_id": metadata_id, "version": 3, "photos": []}

    async def presigned(self, photo_id, content_type, size, seconds) -> dict | None:
        return self.ticket

    async def put_incoming(self, name, chunks) -> None:
        body = b"".join([chunk async for chunk in chunks])
        if self.store_refusal:
            raise self.store_refusal
        self.stored[name] = body

    async def accept_photo(self, principal, photo) -> dict:
        self.accepted.append(photo)
        return self.status(photo["photo_id"], **self.answer)

    async def get_photo(self, principal, photo_id) -> dict:
        self.reads += 1
        return self.status(photo_id, **self.later)

    @staticmethod
    def status(photo: str, state: str, **more) -> dict:
        sized = {"url": "/media/a.webp", "width": 4, "height": 3} if state == "stored" else {}
        return {"photo_id": photo, "product_id": "p-1", "state": state, "code": None, **sized, **more}


@pytest.fixture
def behind() -> Behind:
    return Behind()


def desk_on(behind: Behind, **more) -> PhotoDesk:
    return PhotoDesk(behind, behind, behind, as_it_is, **{"patience": 0.05, **more})


def upload(desk: PhotoDesk, *parts: bytes, who: dict | None = SELLER, length: int | None = None) -> dict:
    return asyncio.run(desk.upload(who, PRODUCT, "image/png", length, chunks(*(parts or (PICTURE,)))))


def test_a_photo_goes_to_the_store_and_then_to_media(behind):
    body = upload(desk_on(behind), PICTURE[:10], PICTURE[10:])
    [(photo_id, stored)] = behind.stored.items()
    assert stored == PICTURE
    assert behind.accepted == [
        {
            "photo_id": photo_id,
            "product_id": "p-1",
            "metadata_id": "m-1",
            "variant_id": None,
            "sha256": hashlib.sha256(PICTURE).hexdigest(),
            "size": len(PICTURE),
        }
    ]
    assert body == {"photo_id": photo_id, "url": "/media/a.webp", "width": 4, "height": 3}


def test_a_photo_that_takes_work_is_waited_for(behind):
    desk = desk_on(behind, patience=5)
    behind.answer = {"state": "waiting"}

    async def story() -> dict:
        uploading = asyncio.create_task(desk.upload(SELLER, PRODUCT, "image/png", None, chunks(PICTURE)))
        await asyncio.sleep(0.01)
        photo_id = behind.accepted[0]["photo_id"]
        desk.settled("another", behind.status("another", "refused"))
        desk.settled(photo_id, behind.status(photo_id, "stored"))
        return await uploading

    assert asyncio.run(story())["url"] == "/media/a.webp"
    assert behind.reads == 0


def test_news_that_overtake_medias_answer_count(behind):
    desk = desk_on(behind, patience=5)
    behind.answer = {"state": "waiting"}
    accept = behind.accept_photo

    async def told_at_once(principal, photo) -> dict:
        desk.settled(photo["photo_id"], behind.status(photo["photo_id"], "stored"))
        return await accept(principal, photo)

    behind.accept_photo = told_at_once
    assert upload(desk)["width"] == 4
    assert behind.reads == 0


def test_news_that_never_come_are_read_once(behind):
    behind.answer, behind.later = {"state": "waiting"}, {"state": "stored"}
    assert upload(desk_on(behind))["height"] == 3
    assert behind.reads == 1


def test_what_is_not_settled_in_time_is_to_be_sent_again(behind):
    behind.answer = {"state": "waiting"}
    with pytest.raises(Unavailable) as caught:
        upload(desk_on(behind))
    assert caught.value.fields["retry_after"] > 0


@pytest.mark.parametrize(
    ("code", "kind"), [("unsupported_image", Kind.UNSUPPORTED), ("broken_image", Kind.INVALID), (None, Kind.INVALID)]
)
def test_a_refused_picture_is_refused_with_medias_code(behind, code, kind):
    behind.answer = {"state": "refused", "code": code}
    with pytest.raises(Refusal) as caught:
        upload(desk_on(behind))
    assert (caught.value.code, caught.value.kind) == (code or "invalid_image", kind)


@pytest.mark.parametrize("state", ["stored", "waiting"])
def test_the_same_bytes_are_the_photo_there_is(behind, state):
    behind.answer, behind.later = {"state": state, "photo_id": "earlier"}, {"state": "stored"}
    assert upload(desk_on(behind))["photo_id"] == "earlier"
    assert behind.reads == (state == "waiting")


def test_an_earlier_photo_at_work_is_waited_for_too(behind):
    desk = desk_on(behind, patience=5)
    behind.answer = {"state": "waiting", "photo_id": "earlier"}

    async def story() -> dict:
        uploading = asyncio.create_task(desk.upload(SELLER, PRODUCT, "image/png", None, chunks(PICTURE)))
        await asyncio.sleep(0.01)
        assert behind.reads == 1
        desk.settled("earlier", behind.status("earlier", "stored"))
        return await uploading

    assert asyncio.run(story())["photo_id"] == "earlier"


@pytest.mark.parametrize("refusal", [Missing(), Forbidden(), Unavailable("away")])
def test_without_the_right_no_byte_is_read(behind, refusal):
    behind.refusal = refusal
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield PICTURE

    with pytest.raises(type(refusal)):
        asyncio.run(desk_on(behind).upload(SELLER, PRODUCT, "image/png", None, body()))
    assert (read, behind.stored) == ([], {})


def test_nobody_uploads_without_being_known(behind):
    with pytest.raises(Unauthenticated):
        upload(desk_on(behind), who=None)


def test_an_announced_size_above_the_limit_is_refused_before_anybody_is_asked(behind):
    behind.refusal = Missing()
    with pytest.raises(Refusal) as caught:
        upload(desk_on(behind), length=LARGEST + 1_000_000)
    assert (caught.value.code, caught.value.kind) == ("too_large", Kind.TOO_LARGE)


def test_a_file_of_the_largest_size_fits_and_one_byte_more_does_not(behind):
    desk = desk_on(behind)
    upload(desk, bytes(LARGEST))
    with pytest.raises(Refusal) as caught:
        upload(desk, bytes(LARGEST), b"x")
    assert caught.value.code == "too_large"
    assert [len(body) for body in behind.stored.values()] == [LARGEST]
    assert len(behind.accepted) == 1


def test_without_the_store_nothing_is_accepted(behind):
    behind.store_refusal = Unavailable("pictures cannot be had now")
    with pytest.raises(Unavailable):
        upload(desk_on(behind))
    assert behind.accepted == []


def test_nobody_is_left_waiting(behind):
    desk = desk_on(behind)
    behind.answer = {"state": "waiting", "photo_id": "earlier"}
    with pytest.raises(Unavailable):
        upload(desk)
    assert len(desk.waiters) == 0


def test_a_variants_photo_goes_to_the_variants_document(behind):
    asyncio.run(desk_on(behind).upload(SELLER, Target(variant_id="v-1"), "image/png", None, chunks(PICTURE)))
    [accepted] = behind.accepted
    assert (accepted["metadata_id"], accepted["variant_id"], accepted["product_id"]) == ("m-2", "v-1", "p-1")


def test_photos_are_ordered_and_deleted_by_whoever_may_edit_the_product(behind):
    desk = desk_on(behind)
    assert asyncio.run(desk.arrange(SELLER, "p-1", ["b", "a"]))["photos"] == ["b", "a"]
    asyncio.run(desk.remove(SELLER, PRODUCT, "b"))
    asyncio.run(desk.remove(SELLER, Target(variant_id="v-1"), None))
    assert behind.deleted == [("m-1", "b"), ("m-2", None)]
    behind.refusal = Missing()
    for refused in (desk.arrange(SELLER, "p-1", []), desk.remove(SELLER, PRODUCT, "a")):
        with pytest.raises(Missing):
            asyncio.run(refused)


def test_without_a_store_that_browsers_reach_there_is_no_signed_address(behind):
    with pytest.raises(PresignedUploadsOff):
        asyncio.run(desk_on(behind).announce(SELLER, "p-1", "image/png", 10))


def test_a_signed_upload_is_for_those_who_may_edit_and_for_no_more_than_a_photo(behind):
    behind.ticket = {"method": "PUT", "url": "http://s3/incoming/1", "headers": {}}
    desk = desk_on(behind)
    ticket = asyncio.run(desk.announce(SELLER, "p-1", "image/png", 10))
    assert (ticket["method"], ticket["expires_in"]) == ("PUT", 600)
    assert ticket["photo_id"]
    with pytest.raises(Refusal) as refused:
        asyncio.run(desk.announce(SELLER, "p-1", "image/png", LARGEST + 1))
    assert refused.value.kind is Kind.TOO_LARGE
    behind.refusal = Forbidden()
    with pytest.raises(Forbidden):
        asyncio.run(desk.announce(SELLER, "p-1", "image/png", 10))


def test_what_was_uploaded_to_a_signed_address_is_accepted_like_any_other(behind):
    body = asyncio.run(desk_on(behind).accept(SELLER, "p-1", "f-1", "ab" * 32, 10))
    assert body["photo_id"] == "f-1"
    [accepted] = behind.accepted
    assert (accepted["photo_id"], accepted["sha256"], accepted["size"]) == ("f-1", "ab" * 32, 10)


def test_a_photo_that_was_deleted_meanwhile_is_missing(behind):
    behind.answer = {"state": "deleted"}
    with pytest.raises(Missing):
        upload(desk_on(behind))
