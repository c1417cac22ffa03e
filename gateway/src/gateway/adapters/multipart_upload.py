"""One object on S3 whose size is not known before its last byte."""

import logging
import threading
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

log = logging.getLogger(__name__)


class Upload:
    """A small object is one plain PUT; a larger one comes in parts, and is there when it is finished, or never.

    Calls block, and run one after the other from whatever thread. They raise what boto3 raises.
    """

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self._client = client
        self._where = {"Bucket": bucket, "Key": key}
        self._turn = threading.Lock()
        self._upload_id: str | None = None
        self._parts: list[dict[str, Any]] = []
        self._given_up = False

    def add(self, body: IO[bytes]) -> None:
        """Stores one more part, of 5 MiB or more, and not the last."""
        with self._turn:
            self._add(body)

    def finish(self, body: IO[bytes]) -> None:
        """Stores the last part, or all there is."""
        with self._turn:
            if self._upload_id is None and not self._given_up:
                body.seek(0)
                self._client.put_object(**self._where, Body=body)
                return
            self._add(body)
            if not self._given_up:
                self._client.complete_multipart_upload(
                    **self._where, UploadId=self._upload_id, MultipartUpload={"Parts": self._parts}
                )

    def give_up(self) -> None:
        """Takes back the parts, after the call that may be under way. What cannot be reached now is left for media's
        sweep, and raises nothing.
        """
        with self._turn:
            self._given_up = True
            if self._upload_id is None:
                return
            try:
                self._client.abort_multipart_upload(**self._where, UploadId=self._upload_id)
            except (BotoCoreError, ClientError) as error:
                log.warning("parts of %s are left for the sweep: %s", self._where["Key"], error)

    def _add(self, body: IO[bytes]) -> None:
        if self._given_up:
            return
        if self._upload_id is None:
            self._upload_id = self._client.create_multipart_upload(**self._where)["UploadId"]
        body.seek(0)
        number = len(self._parts) + 1
        told = self._client.upload_part(**self._where, UploadId=self._upload_id, PartNumber=number, Body=body)
        self._parts.append({"PartNumber": number, "ETag": told["ETag"]})
