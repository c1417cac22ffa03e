"""The bucket on S3, or on anything that speaks like it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chassis.errors import Unavailable
from media.application.ports import ObjectMissing, StoredObject, Unfinished

CONNECT_TIMEOUT, READ_TIMEOUT = 2, 5  # seconds
CONNECTIONS = 16
PAGE = 1000
_MISSING = frozenset({"NoSuchKey", "NoSuchUpload", "404"})


class StorageUnavailable(Unavailable):
    """The bucket cannot be reached, or does not let us in."""

    code = "storage_unavailable"


def s3_client(endpoint_url: str, region: str, access_key_id: str, secret_access_key: str) -> Any:
    """A client with deadlines and no retries of its own: a photo that failed is claimed again.

    Without `endpoint_url` it is AWS's own. Thread-safe. Source of the options: botocore's Config.
    """
    return boto3.client(
        "s3",
        endpoint_url=endpoint_url or None,
        region_name=region,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint_url else "virtual"},
            # checksums by default are headers that other servers than AWS's refuse
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            max_pool_connections=CONNECTIONS,
            retries={"total_max_attempts": 1, "mode": "standard"},
        ),
    )


class S3Objects:
    """Objects of one bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def fetch(self, key: str, most: int) -> bytes:
        """The object's bytes, or its first `most` + 1 when it is longer. Raises ObjectMissing, Unavailable."""
        with _translated():
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            with answer["Body"] as body:
                data: bytes = body.read(most + 1)
        return data

    def put(self, key: str, body: bytes, content_type: str, cache_control: str) -> None:
        """Writes an object, over one that is there. Raises Unavailable."""
        with _translated():
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType=content_type, CacheControl=cache_control
            )

    def delete(self, key: str) -> None:
        """Deletes an object; one that is not there is fine. Raises Unavailable."""
        with _translated():
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def listing(self, prefix: str, after: str = "") -> Iterator[StoredObject]:
        """Objects below `prefix` that come after the key `after`, in the order of their keys. Raises Unavailable."""
        start = {"StartAfter": after} if after else {}
        more: dict[str, str] = {}
        while True:
            with _translated():
                page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, MaxKeys=PAGE, **(more or start))
            for entry in page.get("Contents", ()):
                if entry["Key"] > after:
                    yield StoredObject(entry["Key"], entry["LastModified"])
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def unfinished(self, prefix: str) -> Iterator[Unfinished]:
        """What is only there in parts, below `prefix`. Raises Unavailable."""
        more: dict[str, str] = {}
        while True:
            try:
                with _translated():
                    page = self._client.list_multipart_uploads(Bucket=self._bucket, Prefix=prefix, **more)
            except ObjectMissing:  # rclone's way to say that nobody ever began one
                return
            for entry in page.get("Uploads", ()):
                yield Unfinished(entry["Key"], entry["UploadId"], entry["Initiated"])
            if not page.get("IsTruncated"):
                return
            more = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def abandon(self, upload: Unfinished) -> None:
        """Deletes the parts of an upload; one that is not there any more is fine. Raises Unavailable."""
        with suppress(ObjectMissing), _translated():
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=upload.key, UploadId=upload.upload_id)

    def problem(self) -> str | None:
        """None while the bucket answers. For /readyz."""
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except (BotoCoreError, ClientError) as error:
            return f"{type(error).__name__}: {error}"[:200]
        return None

    def close(self) -> None:
        """Closes every connection."""
        self._client.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _MISSING:
            raise ObjectMissing from None
        raise StorageUnavailable(f"the bucket refused: {code}") from error
    except (BotoCoreError, OSError) as error:
        raise StorageUnavailable(f"the bucket cannot be reached: {type(error).__name__}") from error
