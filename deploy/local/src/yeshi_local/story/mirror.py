"""The mirror of the metadata on S3, as somebody with its keys reads it."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from yeshi_local.servers.small import REGION


class Mirror:
    """The mirror of the machine whose addresses these are."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._bucket = addresses["s3.bucket"]
        self._s3 = boto3.client(
            "s3",
            endpoint_url=addresses["s3.url"],
            region_name=REGION,
            aws_access_key_id=addresses["secret.s3_access"],
            aws_secret_access_key=addresses["secret.s3_secret"],
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )

    @staticmethod
    def key(metadata_id: str) -> str:
        """Where a document lies."""
        return f"metadata/{metadata_id}.json"

    def read(self, metadata_id: str) -> Any:
        """A document as its object says it; None while there is none. Raises ClientError for anything else."""
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=self.key(metadata_id))["Body"]
        except ClientError as refused:
            if refused.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        return json.loads(body.read())

    def close(self) -> None:
        """Closes its connections."""
        self._s3.close()
