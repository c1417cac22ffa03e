"""The two servers that need little: S3 by rclone, SNS by moto."""

import sys
from collections.abc import Mapping
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from yeshi_local.servers.base import Server, program

REGION = "ap-northeast-1"
BUCKET = "yeshi-media"
TOPIC = "yeshi-bell"
ACCOUNT = "123456789012"  # moto's
# rclone deletes a folder with its last object, also under somebody who is storing one there, whom it tells
# «InternalError». A folder with a folder in it stays, and nobody sees that one: only files are objects.
STAYS = [f"{BUCKET}/{prefix}/.stays" for prefix in ("incoming", "media", "metadata")]
KEPT = "SNS_SUBSCRIPTIONS"  # where moto finds who was subscribed


def _venv(tool: str) -> str:
    return str(Path(sys.executable).with_name(tool))


class S3(Server):
    """rclone's S3 server over plain files. Its access key must be as long as AWS's: 20 and 40 characters."""

    name = "s3"

    def __init__(self, home: Path, port: int, access_key: str, secret_key: str) -> None:
        super().__init__(home, port)
        self.access_key = access_key
        self.secret_key = secret_key

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def argv(self) -> list[str]:
        """Serves the folders below `home/data` as buckets."""
        rclone = program("rclone", _venv("rclone"), package="rclone")
        command = [rclone, "serve", "s3", str(self.home / "data"), "--addr", f"127.0.0.1:{self.port}"]
        return [*command, "--auth-key", f"{self.access_key},{self.secret_key}", "--vfs-cache-mode", "off"]

    @property
    def environment(self) -> Mapping[str, str]:
        """No configuration of the caller's."""
        return {"RCLONE_CONFIG": str(self.home / "rclone.conf"), "HOME": str(self.home)}

    def prepare(self) -> None:
        """The bucket is a folder."""
        for folder in STAYS:
            (self.home / "data" / folder).mkdir(parents=True, exist_ok=True)
        (self.home / "rclone.conf").touch()

    def probe(self) -> None:
        """It lists the bucket."""
        boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=REGION,
            config=Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1}),
        ).list_objects_v2(Bucket=BUCKET, MaxKeys=1)


class Sns(Server):
    """moto's server with the one topic of the bell."""

    name = "sns"

    @property
    def url(self) -> str:
        """The endpoint."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def topic_arn(self) -> str:
        """The bell's topic."""
        return f"arn:aws:sns:{REGION}:{ACCOUNT}:{TOPIC}"

    @property
    def argv(self) -> list[str]:
        """moto as a server, with the topic."""
        return [sys.executable, "-m", "yeshi_local.servers.moto_sns", "-H", "127.0.0.1", "-p", str(self.port)]

    @property
    def environment(self) -> dict[str, str]:
        """Where subscriptions are kept."""
        return {KEPT: str(self.home / "subscriptions.json")}

    def settle(self) -> None:
        """Makes the topic; SNS answers the same one when it is there."""
        self._client().create_topic(Name=TOPIC)

    def probe(self) -> None:
        """It answers."""
        try:
            self._client().list_topics()
        except ClientError as error:
            raise ConnectionError(str(error)) from error

    def _client(self):  # type: ignore[no-untyped-def]  # boto3 makes its clients at run time
        return boto3.client(
            "sns",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - moto asks for any
            config=Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 1}),
        )
