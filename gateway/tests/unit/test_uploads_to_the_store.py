"""Bytes on their way to the store: small ones at once, large ones in parts, and nothing of what is broken off."""

import asyncio
import logging
from collections.abc import AsyncIterator
from threading import Event

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chassis.errors import Malformed, Unavailable
from gateway.adapters import object_store
from gateway.adapters.object_store import ObjectStore
from yeshi_local.testing import until

PART = 10
KEY = "incoming/p-1"


class FakeS3:
    """A bucket that takes parts. `refused` are calls that fail; `held` waits before a part is taken."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.unfinished: dict[str, dict[int, bytes]] = {}
        self.calls: list[str] = []
        self.refused: set[str] = set()
        self.held: Event | None = None

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.refused:
            raise EndpointConnectionError(endpoint_url="http://s3")

    def put_object(self, *, Bucket, Key, Body) -> None:  # noqa: N803 - boto3's names
        self._called("put")
        self.objects[Key] = Body.read()

    def create_multipart_upload(self, *, Bucket, Key) -> dict:  # noqa: N803
        self._called("create")
        self.unfinished[Key] = {}
        return {"UploadId": f"of {Key}"}

    def upload_part(self, *, Bucket, Key, UploadId, PartNumber, Body) -> dict:  # noqa: N803
        self._called("part")
        if self.held:
            assert self.held.wait(5)
        self.unfinished[Key][PartNumber] = Body.read()
        return {"ETag": f"tag {PartNumber}"}

    def complete_multipart_upload(self, *, Bucket, Key, UploadId, MultipartUpload) -> None:  # noqa: N803
        self._called("complete")
        parts = self.unfinished.pop(Key)
        assert [(one["PartNumber"], one["ETag"]) for one in MultipartUpload["Parts"]] == [
            (number, f"tag {number}") for number in parts
        ]
        if any(len(parts[number]) < PART for number in list(parts)[:-1]):
            raise ClientError({"Error": {"Code": "EntityTooSmall"}}, "CompleteMultipartUpload")
        self.objects[Key] = b"".join(parts[number] for number in sorted(parts))

    def abort_multipart_upload(self, *, Bucket, Key, UploadId) -> None:  # noqa: N803
        self._called("abort")
        del self.unfinished[Key]


@pytest.fixture
def s3(monkeypatch) -> FakeS3:
    monkeypatch.setattr(object_store, "PART", PART)
    return FakeS3()


@pytest.fixture
def store(s3):
    made = ObjectStore(s3, "bucket", threads=2)
    yield made
    made.close()


async def cut(body: bytes, size: int, end: Exception | None = None) -> AsyncIterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]
    if end:
        raise end


@pytest.mark.parametrize("size", [1, 3, 10, 100])
@pytest.mark.parametrize("length", [1, 9, 10])
def test_a_small_body_is_one_plain_put(store, s3, length, size):
    body = bytes(range(length))
    asyncio.run(store.put_incoming("p-1", cut(body, size)))
    assert (s3.objects, s3.calls) == ({KEY: body}, ["put"])


@pytest.mark.parametrize("size", [1, 3, 10, 15])
@pytest.mark.parametrize("length", [16, 20, 21, 57])
def test_a_larger_one_comes_in_parts_and_is_whole(store, s3, length, size):
    body = bytes(range(length))
    asyncio.run(store.put_incoming("p-1", cut(body, size)))
    assert s3.objects == {KEY: body}
    assert s3.calls[0] == "create"
    assert s3.calls.count("part") >= length // (PART + size)
    assert s3.unfinished == {}


@pytest.mark.parametrize("length", [5, 35])
def test_of_a_body_that_breaks_off_nothing_stays(store, s3, length):
    with pytest.raises(Malformed, match="cut"):
        asyncio.run(store.put_incoming("p-1", cut(bytes(length), 4, Malformed("cut"))))
    until(lambda: s3.unfinished == {}, 5)
    assert s3.objects == {}
    assert ("put" in s3.calls, "complete" in s3.calls) == (False, False)


@pytest.mark.parametrize("call", ["put", "create", "part", "complete"])
def test_a_store_that_fails_on_the_way_is_unavailable_and_keeps_nothing(store, s3, call):
    s3.refused = {call}
    with pytest.raises(Unavailable):
        asyncio.run(store.put_incoming("p-1", cut(bytes(5 if call == "put" else 35), 4)))
    until(lambda: s3.unfinished == {}, 5)
    assert s3.objects == {}


def test_parts_that_cannot_be_taken_back_are_left_for_the_sweep(store, s3, caplog):
    s3.refused = {"part", "abort"}
    with caplog.at_level(logging.WARNING), pytest.raises(Unavailable):
        asyncio.run(store.put_incoming("p-1", cut(bytes(35), 4)))
    until(lambda: f"parts of {KEY} are left for the sweep" in caplog.text, 5)


def test_a_call_under_way_ends_before_the_parts_are_taken_back(store, s3):
    s3.held = Event()

    async def story() -> None:
        storing = asyncio.create_task(store.put_incoming("p-1", cut(bytes(35), 4)))
        await asyncio.to_thread(until, lambda: "part" in s3.calls, 5)
        storing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await storing
        assert "abort" not in s3.calls
        s3.held.set()

    asyncio.run(story())
    until(lambda: s3.unfinished == {}, 5)
    assert (s3.calls, s3.objects) == (["create", "part", "abort"], {})
