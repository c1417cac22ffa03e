"""Media as real processes on real servers, and hands to speak to them as catalog and the gateway do."""

import contextlib
import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pymongo
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from chassis.ids import uuid7
from chassis.testing.caller import Caller
from chassis.testing.events import encoded
from contracts import catalog
from yeshi_local.kit.world import World, vhost
from yeshi_local.servers.small import REGION
from yeshi_local.testing import until

SOMEBODY = {"user_id": str(uuid7()), "session_id": str(uuid7()), "roles": []}


def new_id() -> str:
    return str(uuid7())


@dataclass(kw_only=True)
class MediaWorld(World):
    """A database, a vhost, a bucket, and media's processes on them; `events` is what media says."""

    mongo_url: str
    database: str
    s3: Any
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.events = self.client.listen("media", json.loads)
        self.mongo: Any = pymongo.MongoClient(self.mongo_url, serverSelectionTimeoutMS=20000)
        self.db = self.mongo[self.database]
        self.bucket = boto3.client(
            "s3",
            endpoint_url=self.s3.server.url,
            region_name=REGION,
            aws_access_key_id=self.s3.server.access_key,
            aws_secret_access_key=self.s3.server.secret_key,
            config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
        )
        self.bucket_name = self.database.replace("_", "-")  # the mirror's first look deletes what is not its own
        self.bucket.create_bucket(Bucket=self.bucket_name)

    def environment(self) -> dict[str, object]:
        """What a process of media finds in its environment."""
        return {
            **super().environment(),
            "MONGO_URL": self.mongo_url,
            "MONGO_DATABASE": self.database,
            "S3_ENDPOINT_URL": self.s3.server.url,
            "S3_BUCKET": self.bucket_name,
            "S3_ACCESS_KEY_ID": self.s3.server.access_key,
            "S3_SECRET_ACCESS_KEY": self.s3.server.secret_key,
        }

    def submitted(
        self, metadata_id: str, version: int, document: Any, product_id: str | None = None, *, withdrawn: bool = False
    ) -> bytes:
        """catalog.metadata_submitted as the relay sends it."""
        return encoded(
            catalog.MetadataSubmittedV1(
                metadata_id=metadata_id,
                product_id=product_id or new_id(),
                shop_id=new_id(),
                version=version,
                document=document,
                withdrawn=withdrawn,
            )
        )

    def send(self, *bodies: bytes) -> None:
        """Publishes events of this kind, confirmed."""
        self.client.publish(catalog.MetadataSubmittedV1.topic, *bodies)

    def submit(self, metadata_id: str, version: int, document: Any, product_id: str | None = None) -> None:
        self.send(self.submitted(metadata_id, version, document, product_id))

    def metadata(self, *ids: str) -> Any:
        return self.ask("get_metadata", SOMEBODY, {"ids": list(ids)})["items"]

    def upload(
        self, data: bytes, product_id: str, metadata_id: str, photo_id: str | None = None, variant_id: str | None = None
    ) -> Any:
        """What the gateway does: the bytes into the bucket, then the question. Answers PhotoStatus."""
        photo_id = photo_id or new_id()
        self.bucket.put_object(Bucket=self.bucket_name, Key=f"incoming/{photo_id}", Body=data)
        return self.accept(data, product_id, metadata_id, photo_id, variant_id)

    def accept(
        self, data: bytes, product_id: str, metadata_id: str, photo_id: str, variant_id: str | None = None
    ) -> Any:
        asked = {
            "photo_id": photo_id,
            "product_id": product_id,
            "metadata_id": metadata_id,
            "variant_id": variant_id,
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
        }
        return self.ask("accept_photo", SOMEBODY, asked)

    def photo(self, photo_id: str) -> Any:
        return self.ask("get_photo", SOMEBODY, {"photo_id": photo_id})

    def settled(self, photo_id: str, patience: float = 30) -> Any:
        """The photo, once it is stored or refused."""

        def look() -> Any:
            status = self.photo(photo_id)
            return status if status["state"] != "waiting" else None

        return until(look, patience)

    def object(self, key: str) -> bytes | None:
        try:
            return self.bucket.get_object(Bucket=self.bucket_name, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise

    def keys(self, prefix: str) -> list[str]:
        return [
            one["Key"]
            for one in self.bucket.list_objects_v2(Bucket=self.bucket_name, Prefix=prefix).get("Contents", ())
        ]

    def mirrored(self, metadata_id: str) -> Any:
        body = self.object(f"metadata/{metadata_id}.json")
        return json.loads(body) if body is not None else None

    def heard(self, topic: str, subject: str) -> list[Any]:
        return [one for one in list(self.events) if one["type"] == topic and one["subject"] == subject]

    def close(self) -> None:
        """Ends its processes and drops its database."""
        super().close()
        self.mongo.drop_database(self.database)
        self.mongo.close()
        self.bucket.close()


@pytest.fixture(scope="module")
def blank(rabbitmq, mongo, s3, tmp_path_factory) -> Iterator[MediaWorld]:
    """A world with everything in place and no process yet."""
    home, name = tmp_path_factory.mktemp("media"), f"media_{secrets.token_hex(4)}"
    with vhost(rabbitmq) as url, contextlib.closing(Caller(url)) as client:
        made = MediaWorld(
            package="media",
            amqp_url=url,
            home=home,
            client=client,
            mongo_url=mongo.server.url,
            database=name,
            s3=s3,
        )
        with contextlib.closing(made):
            assert made.once("migrate")[0] == 0
            yield made


@pytest.fixture(scope="module")
def world(blank) -> MediaWorld:
    """A world in which service, work and relay run."""
    blank.start_all("service", "relay", "work")
    return blank


@dataclass(frozen=True)
class Ids:
    """A product and its document."""

    product: str = field(default_factory=new_id)
    metadata: str = field(default_factory=new_id)


@pytest.fixture
def ids() -> Ids:
    return Ids()


@pytest.fixture
def two_ids() -> tuple[Ids, Ids]:
    return Ids(), Ids()


@pytest.fixture
def many_ids() -> list[Ids]:
    return [Ids() for _ in range(300)]
