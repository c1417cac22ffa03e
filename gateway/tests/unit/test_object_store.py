"""What is a public picture's key, and what the store keeps in memory."""

import asyncio
import io
from threading import Event

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chassis.errors import Unavailable
from gateway.adapters import object_store
from gateway.adapters.object_store import ObjectStore, type_of


class FakeS3:
    """A bucket in memory; `error` is raised instead of anything."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.reads = 0
        self.error: Exception | None = None

    def get_object(self, **call) -> dict:
        self.reads += 1
        if self.error:
            raise self.error
        body = self.objects.get(call["Key"])
        if body is None:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"ContentLength": len(body), "Body": io.BytesIO(body)}


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def store(s3):
    made = ObjectStore(s3, "bucket", kept=2500)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("a" * 64 + ".webp", "image/webp"),
        ("x/y-1_2.jpg", "image/jpeg"),
        ("a.b.png", "image/png"),
        ("a.html", None),
        ("a.svg", None),
        ("webp", None),
        ("", None),
        (".webp", None),
        ("../incoming/a.webp", None),
        ("a/../b.webp", None),
        ("a/./b.webp", None),
        ("/a.webp", None),
        ("a//b.webp", None),
        ("a.webp/", None),
        ("a.webp\n", None),
        ("A.webp", None),
        ("a\0.webp", None),
        ("貓.webp", None),
        ("a?.webp", None),
        ("a" * 400 + ".webp", None),
    ],
)
def test_only_plain_keys_with_a_pictures_ending_have_a_type(key, found):
    assert type_of(key) == found


def test_a_small_picture_is_read_once_and_kept(store, s3):
    s3.objects["media/a.webp"] = b"webp"

    async def twice():
        return await store.open("a.webp"), await store.open("a.webp")

    first, second = asyncio.run(twice())
    assert first.body == b"webp"
    assert second is first is store.kept("a.webp")
    assert s3.reads == 1


def test_what_is_kept_has_a_bound_and_the_least_recently_used_goes_first(store, s3):
    for name in "abc":
        s3.objects[f"media/{name}.webp"] = bytes(1000)

    async def read():
        for name in "abac":
            await store.open(f"{name}.webp")

    asyncio.run(read())
    assert [store.kept(f"{name}.webp") is not None for name in "abc"] == [True, False, True]


def test_a_large_picture_is_streamed_and_not_kept(store, s3):
    body = bytes(range(256)) * 4000
    s3.objects["media/a.webp"] = body

    async def read():
        picture = await store.open("a.webp")
        chunks = [chunk async for chunk in picture.chunks]
        await picture.chunks.aclose()
        return picture, chunks

    picture, chunks = asyncio.run(read())
    assert (picture.length, b"".join(chunks), len(chunks)) == (len(body), body, 4)
    assert store.kept("a.webp") is None


def test_what_is_not_there_is_none_and_what_is_no_key_is_never_asked_for(store, s3):
    assert asyncio.run(store.open("a.webp")) is None
    assert asyncio.run(store.open("../a.webp")) is None
    assert s3.reads == 1


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://s3"),
        ClientError({"Error": {"Code": "SlowDown"}}, "GetObject"),
        ConnectionResetError(),
    ],
)
def test_a_store_that_fails_is_unavailable(store, s3, error):
    s3.error = error
    with pytest.raises(Unavailable):
        asyncio.run(store.open("a.webp"))


def test_only_so_many_calls_wait_for_a_slow_store(s3, monkeypatch):
    monkeypatch.setattr(object_store, "MOST_WAITING", 2)
    go, store = Event(), ObjectStore(s3, "bucket", threads=1)
    s3.get_object = lambda **_: go.wait(5) and {"ContentLength": 0, "Body": io.BytesIO()}

    async def crowd():
        waiting = [asyncio.create_task(store.open(f"{number}.webp")) for number in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await store.open("more.webp")
        go.set()
        return await asyncio.gather(*waiting)

    assert len(asyncio.run(crowd())) == 2
    store.close()
