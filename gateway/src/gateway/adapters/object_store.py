"""Photos on S3: in go bytes to be looked at, out come pictures for everybody. boto3 blocks, so it runs in threads."""

import asyncio
import io
import logging
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from chassis.errors import Unavailable
from gateway.adapters.multipart_upload import Upload

log = logging.getLogger(__name__)

T = TypeVar("T")

PUBLIC = "media/"
INCOMING = "incoming/"
KEY = re.compile(r"[a-z0-9_-][a-z0-9_.-]*(?:/[a-z0-9_-][a-z0-9_.-]*)*")  # no segment begins with a dot
LONGEST_KEY = 300
TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "avif": "image/avif",
    "gif": "image/gif",
}
PART = 5 * 1024 * 1024  # bytes; S3 takes none smaller, but for the last
CONNECT_TIMEOUT, READ_TIMEOUT = 1.0, 4.0  # seconds
THREADS = 12
MOST_WAITING = 200  # calls that may wait for a thread
CHUNK = 256 * 1024  # bytes
WHOLE = 512 * 1024  # bytes; smaller pictures are read at once and kept
KEPT = 32 * 1024 * 1024  # bytes of pictures kept in memory


class Chunks(Protocol):
    """Bytes as they come. Whoever has them closes them, read or not."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """One after the other. Raises Unavailable when the store fails on the way."""

    async def aclose(self) -> None:
        """Gives the connection back."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A public object: its bytes at once (`body`), or as they come (`chunks`)."""

    content_type: str
    length: int
    body: bytes | None
    chunks: Chunks | None = None


class ObjectStore:
    """One bucket. Every call ends within a few seconds, as a result or as Unavailable."""

    def __init__(
        self, client: Any, bucket: str, *, threads: int = THREADS, kept: int = KEPT, presigns: bool = False
    ) -> None:
        self._client = client
        self._presigns = presigns
        self._bucket = bucket
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="s3")
        self._waiting = 0
        self._most_kept = kept
        self._kept: OrderedDict[str, Picture] = OrderedDict()
        self._weight = 0

    @classmethod
    def connect(
        cls,
        endpoint_url: str | None,
        region: str,
        bucket: str,
        access_key: str,
        secret_key: str,
        *,
        presigns: bool = False,
    ) -> "ObjectStore":
        """The store at this address; without keys boto3 looks for them where AWS puts them.

        `presigns` says that the world reaches it too, and may upload with a signed address.
        """
        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"total_max_attempts": 1},
            signature_version="s3v4",
            # what is signed names the host, and AWS's own answers for a bucket's region only by that bucket's name
            s3={"addressing_style": "path" if endpoint_url else "virtual"},
            max_pool_connections=THREADS,
            request_checksum_calculation="when_required",  # servers that only resemble S3 refuse the newer ones
            response_checksum_validation="when_required",
        )
        client = boto3.client(
            "s3",
            endpoint_url=endpoint_url,
            region_name=region,
            aws_access_key_id=access_key or None,
            aws_secret_access_key=secret_key or None,
            config=config,
        )
        return cls(client, bucket, presigns=presigns)

    def close(self) -> None:
        """Ends the threads as soon as their calls are over."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def put_incoming(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Stores the bytes as `incoming/<name>`, holding about a part of them, never more than one and a chunk.

        Raises Unavailable, and what the bytes raise; then there is no such object, nor a part of one for long.
        """
        upload = Upload(self._client, self._bucket, INCOMING + name)
        part = io.BytesIO()
        try:
            async for chunk in chunks:
                if part.tell() >= PART:
                    await self._call(partial(upload.add, part))
                    part = io.BytesIO()
                part.write(chunk)
            await self._call(partial(upload.finish, part))
        except BaseException:
            with suppress(RuntimeError):  # on the way down there are no threads: the sweep takes what is left
                self._threads.submit(upload.give_up)
            raise

    async def address_of(self, name: str, seconds: int) -> str:
        """Where whoever has this address can read `incoming/<name>` for so long, and nothing else."""
        wanted = {"Bucket": self._bucket, "Key": INCOMING + name}
        address: str = await self._call(
            lambda: self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds)
        )
        return address

    async def presigned(self, photo_id: str, content_type: str, size: int, seconds: int) -> dict[str, Any] | None:
        """How to store exactly `size` bytes of this type as `incoming/<photo_id>` within `seconds`; None: nobody may.

        Source: AWS Signature Version 4, query parameters; whatever is signed as a header must be sent unchanged.
        """
        if not self._presigns:
            return None
        wanted = {
            "Bucket": self._bucket,
            "Key": INCOMING + photo_id,
            "ContentType": content_type,
            "ContentLength": size,
        }
        url = await self._call(
            lambda: self._client.generate_presigned_url("put_object", Params=wanted, ExpiresIn=seconds)
        )
        headers = {"content-type": content_type, "content-length": str(size)}
        return {"method": "PUT", "url": url, "headers": headers}

    def kept(self, key: str) -> Picture | None:
        """The picture at `/media/<key>` if its bytes are in memory."""
        picture = self._kept.get(key)
        if picture is not None:
            self._kept.move_to_end(key)
        return picture

    async def open(self, key: str) -> Picture | None:
        """The picture at `/media/<key>`; None when there is none. Raises Unavailable."""
        content_type = type_of(key)
        if content_type is None:
            return None
        if (kept := self.kept(key)) is not None:
            return kept
        found = await self._call(lambda: self._get(key))
        if found is None:
            return None
        length, body, stream = found
        if body is None:
            return Picture(content_type, length, None, _Stream(self._call, stream))
        picture = Picture(content_type, length, body)
        self._keep(key, picture)
        return picture

    def _get(self, key: str) -> tuple[int, bytes | None, Any] | None:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=PUBLIC + key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404", "NotFound"):
                return None
            raise
        length, stream = int(answer["ContentLength"]), answer["Body"]
        if length > WHOLE:
            return length, None, stream
        with stream:
            return length, stream.read(), None

    def _keep(self, key: str, picture: Picture) -> None:
        if key in self._kept:
            return
        self._kept[key] = picture
        self._weight += picture.length
        while self._weight > self._most_kept:
            _, oldest = self._kept.popitem(last=False)
            self._weight -= oldest.length

    async def _call(self, work: Callable[[], T]) -> T:
        if self._waiting >= MOST_WAITING:
            raise Unavailable("too many pictures are being read", retry_after=1)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except (BotoCoreError, ClientError, HTTPClientError, OSError) as error:
            log.warning("the object store failed: %s: %s", type(error).__name__, error)
            raise Unavailable("pictures cannot be had now", retry_after=1) from error
        finally:
            self._waiting -= 1


class _Stream:
    """A large object. A generator would not do: one that nobody began to read has nothing to clean up."""

    def __init__(self, call: Callable[[Callable[[], bytes]], Awaitable[bytes]], stream: Any) -> None:
        self._call = call
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self._call(lambda: self._stream.read(CHUNK)):
            yield chunk

    async def aclose(self) -> None:
        self._stream.close()


def type_of(key: str) -> str | None:
    """The type a key is served with, by its ending alone; None for what is no key of ours."""
    if len(key) > LONGEST_KEY or not KEY.fullmatch(key):
        return None
    _, dot, ending = key.rpartition(".")
    return TYPES.get(ending) if dot else None
