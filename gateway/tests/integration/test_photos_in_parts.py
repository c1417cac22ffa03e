"""Large photos on their way to a real S3: in parts, and whatever happens on the way, nothing of them stays."""

import hashlib
import socket
from contextlib import closing
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from yeshi_local.servers.small import BUCKET, REGION
from yeshi_local.testing import until

LARGEST = 10 * 1024 * 1024
PICTURE = bytes(range(256)) * (LARGEST // 256)
SENT = 6 * 1024 * 1024  # bytes; more than a part


@pytest.fixture(scope="module")
def bucket(s3):
    server = s3.server
    return boto3.client(
        "s3",
        endpoint_url=server.url,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        region_name=REGION,
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def url(world, s3):
    server = s3.server
    program = world.start(
        S3_ENDPOINT_URL=server.url, S3_ACCESS_KEY_ID=server.access_key, S3_SECRET_ACCESS_KEY=server.secret_key
    )
    return program.url


@pytest.fixture
def accepted(behind):
    """What media is asked to take; it is stored at once."""
    taken = []

    def take(_principal, photo):
        taken.append(photo)
        stored = {"state": "stored", "url": "/media/a.webp", "width": 4, "height": 3}
        return {"photo_id": photo["photo_id"], "product_id": photo["product_id"], **stored}

    behind.on("media.accept_photo", take)
    behind.on("catalog.may_edit_product", {"product_id": "p-1", "shop_id": "s-1", "metadata_id": "m-1"})
    return taken


@pytest.fixture
def left(bucket):
    """What this test left below `incoming/`: keys of objects, and of those that are only there in parts."""

    def objects() -> set[str]:
        return {one["Key"] for one in bucket.list_objects_v2(Bucket=BUCKET, Prefix="incoming/").get("Contents", ())}

    before = objects()
    return lambda: (objects() - before, parts(bucket))


def parts(bucket) -> list[str]:
    try:
        return [one["Key"] for one in bucket.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ())]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchUpload":  # the server's way to say that there are none
            raise
        return []


class Sender:
    """A client that sends a picture bit by bit, after saying how much will come."""

    def __init__(self, url, person, length=LARGEST):
        address = urlsplit(url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=20)
        head = {"host": address.netloc, "content-type": "image/jpeg", "content-length": length, **person.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        self.socket.sendall(f"POST /v1/products/p-1/photos HTTP/1.1\r\n{lines}\r\n".encode())

    def send(self, body):
        self.socket.sendall(body)

    def answer(self):
        """Its status and text."""
        with self.socket.makefile("rb") as answer:
            status = int(answer.readline().split()[1])
            headers = httpx.Headers([line.decode().strip().split(": ", 1) for line in iter(answer.readline, b"\r\n")])
            return status, answer.read(int(headers["content-length"])).decode()

    def close(self):
        self.socket.close()


def test_the_largest_photo_comes_in_parts_and_is_whole(url, person, accepted, left, bucket):
    with closing(Sender(url, person)) as sender:
        sender.send(PICTURE[:SENT])
        until(lambda: len(left()[1]) == 1)
        sender.send(PICTURE[SENT:])
        assert sender.answer()[0] == 201
    [photo] = accepted
    assert (photo["sha256"], photo["size"]) == (hashlib.sha256(PICTURE).hexdigest(), LARGEST)
    key = f"incoming/{photo['photo_id']}"
    assert left() == ({key}, [])
    assert bucket.get_object(Bucket=BUCKET, Key=key)["Body"].read() == PICTURE


def test_of_one_byte_more_nothing_is_left(url, person, accepted, left):
    with closing(Sender(url, person, LARGEST + 1)) as sender:
        sender.send(PICTURE[:SENT])
        until(lambda: len(left()[1]) == 1)
        sender.send(PICTURE[SENT:] + b"!")
        status, text = sender.answer()
    assert (status, '"too_large"' in text) == (413, True)
    until(lambda: left() == (set(), []))
    assert accepted == []


def test_of_a_client_that_goes_away_nothing_is_left(url, person, accepted, left):
    with closing(Sender(url, person)) as sender:
        sender.send(PICTURE[:SENT])
        until(lambda: len(left()[1]) == 1)
    until(lambda: left() == (set(), []))
    assert accepted == []


def test_a_store_that_stops_in_the_middle_is_503_and_the_next_try_is_a_photo(url, person, accepted, left, s3):
    with closing(Sender(url, person)) as sender:
        sender.send(PICTURE[:SENT])
        until(lambda: len(left()[1]) == 1)
        s3.stop()
        try:
            sender.send(PICTURE[SENT:])
            status, text = sender.answer()
        finally:
            s3.start()
    assert (status, '"unavailable"' in text) == (503, True)
    assert accepted == []
    assert left() == (set(), [])
    headers = {**person.headers, "content-type": "image/jpeg"}
    answer = httpx.post(f"{url}/v1/products/p-1/photos", content=PICTURE, headers=headers, timeout=20)
    assert answer.status_code == 201, answer.text
    assert left() == ({f"incoming/{accepted[0]['photo_id']}"}, [])
