"""Media as real processes on real servers, and hands to speak to them as catalog and the gateway do."""

import asyncio
import hashlib
import json
import secrets
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aio_pika
import boto3
import pymongo
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import contracts
from chassis import topology
from chassis.aio import Bus
from chassis.clock import now, rfc3339
from chassis.ids import uuid7
from contracts import catalog
from yeshi_local.ports import free_port
from yeshi_local.servers.process import Program
from yeshi_local.servers.small import REGION
from yeshi_local.testing import ready, until

SOMEBODY = {"user_id": str(uuid7()), "session_id": str(uuid7()), "roles": []}


def new_id() -> str:
    return str(uuid7())


class Ear:
    """The gateway's side of the bus: calls out, and every event of media in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.events: list[dict[str, Any]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._open())

    def run(self, work: Any, timeout: float = 30) -> Any:
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(timeout)

    async def _open(self) -> None:
        self._bus = Bus(self.url, "test")
        self._bus.start()
        await self._bus.publishing.ready(10)
        await self._bus.consuming.ready(10)
        self._connection = await aio_pika.connect(self.url)
        self._channel = await self._connection.channel()
        queue = await self._channel.declare_queue(exclusive=True)
        await queue.bind("media.events", "#")
        await queue.consume(self._hear, no_ack=True)

    async def _hear(self, message: Any) -> None:
        bundle = contracts.is_bundle(message.content_type)
        for body in contracts.decode_bundle(message.body) if bundle else [message.body]:
            self.events.append(json.loads(body))

    def call(self, method: str, payload: Any, principal: Any = SOMEBODY, timeout: float = 10) -> Any:
        return self.run(self._bus.rpc("media", method, principal, payload, timeout=timeout))

    def publish(self, *bodies: bytes, topic: str = catalog.MetadataSubmittedV1.topic) -> None:
        async def send() -> None:
            exchange = await self._channel.get_exchange("catalog.events")
            for body in bodies:
                message = aio_pika.Message(body, content_type=contracts.EVENT_CONTENT_TYPE, delivery_mode=2)
                await exchange.publish(message, topic, mandatory=True)

        self.run(send())

    def depth(self, queue: str) -> int:
        async def ask() -> int:
            channel = await self._connection.channel()
            declared = await channel.declare_queue(queue, passive=True)
            await channel.close()
            return declared.declaration_result.message_count

        return self.run(ask())

    def close(self) -> None:
        async def end() -> None:
            await self._bus.close()
            await self._connection.close()

        self.run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


@dataclass
class World:
    """A database, a vhost, the bucket, and media's processes on them."""

    amqp_url: str
    mongo_url: str
    database: str
    s3: Any
    home: Path
    programs: list[Program] = field(default_factory=list)
    ear: Any = None

    def __post_init__(self) -> None:
        self.client: Any = pymongo.MongoClient(self.mongo_url, serverSelectionTimeoutMS=20000)
        self.db = self.client[self.database]
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

    def environment(self, **more: object) -> dict[str, str]:
        values: dict[str, object] = {
            "YESHI_ENV": "test",
            "AMQP_URL": self.amqp_url,
            "MONGO_URL": self.mongo_url,
            "MONGO_DATABASE": self.database,
            "S3_ENDPOINT_URL": self.s3.server.url,
            "S3_BUCKET": self.bucket_name,
            "S3_ACCESS_KEY_ID": self.s3.server.access_key,
            "S3_SECRET_ACCESS_KEY": self.s3.server.secret_key,
            **more,
        }
        return {name: str(value) for name, value in values.items()}

    def start(self, command: str, *, wait: bool = True, **environment: object) -> Program:
        """Another process. Waits until it is ready."""
        port = free_port()
        program = Program(
            [sys.executable, "-m", "media", command],
            log=self.home / f"{command}-{len(self.programs)}.log",
            environment=self.environment(HEALTH_PORT=port, **environment),
        )
        program.health = f"http://127.0.0.1:{port}"  # type: ignore[attr-defined]
        program.start()
        self.programs.append(program)
        if wait:
            until(lambda: ready(program.health), 40)
        return program

    def once(self, *arguments: str, **environment: object) -> int:
        """A one-shot command; answers its exit status."""
        program = Program(
            [sys.executable, "-m", "media", *arguments],
            log=self.home / f"{arguments[0]}-{len(self.programs)}.log",
            environment=self.environment(**environment),
        )
        program.start()
        self.programs.append(program)
        until(lambda: not program.running, 60)
        assert program.process is not None
        return program.process.returncode

    def submitted(self, metadata_id: str, version: int, document: Any, product_id: str | None = None) -> bytes:
        """catalog.metadata_submitted as the relay sends it."""
        data = catalog.MetadataSubmittedV1(
            metadata_id=metadata_id,
            product_id=product_id or new_id(),
            shop_id=new_id(),
            version=version,
            document=document,
        )
        return contracts.encode(data, event_id=new_id(), time=rfc3339(now()))

    def submit(self, metadata_id: str, version: int, document: Any, product_id: str | None = None) -> None:
        self.ear.publish(self.submitted(metadata_id, version, document, product_id))

    def metadata(self, *ids: str) -> Any:
        return self.ear.call("get_metadata", {"ids": list(ids)})["items"]

    def upload(self, data: bytes, product_id: str, metadata_id: str, photo_id: str | None = None) -> Any:
        """What the gateway does: the bytes into the bucket, then the question. Answers PhotoStatus."""
        photo_id = photo_id or new_id()
        self.bucket.put_object(Bucket=self.bucket_name, Key=f"incoming/{photo_id}", Body=data)
        return self.accept(data, product_id, metadata_id, photo_id)

    def accept(self, data: bytes, product_id: str, metadata_id: str, photo_id: str) -> Any:
        asked = {
            "photo_id": photo_id,
            "product_id": product_id,
            "metadata_id": metadata_id,
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
        }
        return self.ear.call("accept_photo", asked)

    def photo(self, photo_id: str) -> Any:
        return self.ear.call("get_photo", {"photo_id": photo_id})

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
        return [one for one in self.ear.events if one["type"] == topic and one["subject"] == subject]

    def close(self) -> None:
        for program in reversed(self.programs):
            program.kill()
        if self.ear is not None:
            self.ear.close()
        self.client.drop_database(self.database)
        self.client.close()
        self.bucket.close()


@pytest.fixture(scope="module")
def blank(rabbitmq, mongo, s3, tmp_path_factory) -> Iterator[World]:
    """A world with everything in place and no process yet."""
    vhost = f"m-{secrets.token_hex(4)}"
    url = rabbitmq.server.add_vhost(vhost)
    asyncio.run(topology.declare(url))
    made = World(url, mongo.server.url, f"media_{secrets.token_hex(4)}", s3, tmp_path_factory.mktemp("media"))
    assert made.once("migrate") == 0
    made.ear = Ear(url)
    yield made
    made.close()
    rabbitmq.server.drop_vhost(vhost)


@pytest.fixture(scope="module")
def world(blank) -> World:
    """A world in which service, work and relay run."""
    for command in ("service", "relay", "work"):
        blank.start(command, wait=False)
    for program in blank.programs[-3:]:
        until(lambda program=program: ready(program.health), 40)
    return blank


@pytest.fixture(autouse=True)
def logs_of_a_failed_test(request) -> Iterator[None]:
    """Shown by pytest with a failure only."""
    yield
    for name in ("world", "blank"):
        if name in request.fixturenames:
            for program in request.getfixturevalue(name).programs[-6:]:
                print(f"--- {program.log.name}\n{program.tail(25)}")
            return


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
