"""Photos through the real process and a real S3: up as bytes, down as pictures."""

import hashlib
import threading
from contextlib import closing

import boto3
import httpx
import pytest
from botocore.config import Config

from chassis.errors import Missing
from contracts.media import PhotoSettledV1
from yeshi_local.ports import free_port

PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2000
KEY = "0" * 64 + ".webp"


@pytest.fixture(scope="module")
def bucket(s3):
    """The bucket, with a client of the tests' own."""
    server = s3.server
    client = boto3.client(
        "s3",
        endpoint_url=server.url,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        region_name="us-east-1",
        config=Config(request_checksum_calculation="when_required", response_checksum_validation="when_required"),
    )
    return server, client


@pytest.fixture(scope="module")
def program(world, bucket):
    server, _ = bucket
    return world.start(
        S3_ENDPOINT_URL=server.url, S3_ACCESS_KEY_ID=server.access_key, S3_SECRET_ACCESS_KEY=server.secret_key
    )


@pytest.fixture
def http(program):
    with httpx.Client(base_url=program.url, timeout=20) as client:
        yield client


class Darkroom:
    """Catalog and media behind the gateway."""

    def __init__(self, behind, client):
        self.behind, self._client = behind, client
        self.accepted = []
        self.code = None
        self._timers = []
        behind.on("catalog.may_edit_product", self._may_edit)
        behind.on("catalog.may_edit_shop", lambda _, asked: self._shop(asked["shop_id"], asked["kind"]))
        behind.on("media.accept_photo", self._accept)

    @staticmethod
    def _shop(shop_id, kind):
        return {"product_id": shop_id, "shop_id": shop_id, "metadata_id": f"m-{kind}", "variant_id": f"m-{kind}"}

    def _may_edit(self, _principal, payload):
        if payload["product_id"] != "p-1":
            raise Missing
        return {"product_id": "p-1", "shop_id": "s-1", "metadata_id": "m-1"}

    def _accept(self, _principal, payload):
        body = self._client.get_object(Bucket="yeshi-media", Key=f"incoming/{payload['photo_id']}")["Body"].read()
        self.accepted.append((payload, body))
        self._timers.append(threading.Timer(0.1, self._settle, [payload]))
        self._timers[-1].start()
        return {"photo_id": payload["photo_id"], "product_id": "p-1", "state": "waiting"}

    def close(self):
        """Waits until everything has been said, while there is a bus to say it on."""
        for timer in self._timers:
            timer.join()

    def _settle(self, payload):
        settled = {"photo_id": payload["photo_id"], "product_id": "p-1"}
        if self.code:
            self.behind.publish(PhotoSettledV1(**settled, state="refused", code=self.code))
        else:
            self.behind.publish(PhotoSettledV1(**settled, state="stored", url=f"/media/{KEY}", width=4, height=3))


@pytest.fixture
def darkroom(behind, bucket):
    with closing(Darkroom(behind, bucket[1])) as made:
        yield made


def upload(http, person, body=PICTURE, product_id="p-1"):
    files = {"file": ("貓.jpg", body, "image/jpeg")}
    return http.post(f"/v1/products/{product_id}/photos", files=files, headers=person.headers)


def test_an_upload_reaches_the_store_and_is_answered_when_it_is_settled(http, person, darkroom):
    answer = upload(http, person)
    assert answer.status_code == 201, answer.text
    [(payload, body)] = darkroom.accepted
    assert body == PICTURE
    assert (payload["sha256"], payload["size"]) == (hashlib.sha256(PICTURE).hexdigest(), len(PICTURE))
    assert answer.json() == {"photo_id": payload["photo_id"], "url": f"/media/{KEY}", "width": 4, "height": 3}


def test_a_body_may_be_the_picture_itself(http, person, darkroom):
    headers = {**person.headers, "content-type": "image/jpeg"}
    assert http.post("/v1/products/p-1/photos", content=PICTURE, headers=headers).status_code == 201
    assert darkroom.accepted[0][1] == PICTURE


@pytest.mark.parametrize(("code", "status"), [("unsupported_image", 415), ("broken_image", 422)])
def test_a_picture_that_media_refuses_is_refused_with_its_code(http, person, darkroom, code, status):
    darkroom.code = code
    answer = upload(http, person)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_product_that_is_not_ones_own_looks_missing(http, person, darkroom):
    assert upload(http, person, product_id="p-2").status_code == 404
    assert darkroom.accepted == []


def test_ten_megabytes_fit_and_more_do_not(http, person, darkroom):
    assert upload(http, person, bytes(10 * 1024 * 1024)).status_code == 201
    answer = upload(http, person, bytes(10 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    answer = upload(http, person, bytes(21 * 1024 * 1024))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert len(darkroom.accepted) == 1


def test_other_bodies_are_refused(http, person, darkroom):
    assert http.post("/v1/products/p-1/photos", json={}, headers=person.headers).status_code == 415
    for files in ({"photo": PICTURE}, {"file": PICTURE, "note": b"x"}):
        answer = http.post("/v1/products/p-1/photos", files=files, headers=person.headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "unknown_field")
        assert answer.headers["connection"] == "close"  # most of it was not read
    assert upload(http, person, b"").status_code == 422
    assert darkroom.accepted == []


def test_a_connection_lives_on_after_a_refusal_unless_its_body_was_left_unread(http, person, darkroom):
    for _ in range(20):
        read = http.put("/v1/products/p-2/photos", json={"photo_ids": []}, headers=person.headers)
        assert (read.status_code, read.headers.get("connection")) == (404, None)
        unread = upload(http, person, product_id="p-2")
        assert (unread.status_code, unread.headers.get("connection")) == (404, "close")


def test_without_a_setting_there_is_no_signed_address(http, person, darkroom):
    body = {"content_type": "image/jpeg", "size": len(PICTURE)}
    answer = http.post("/v1/products/p-1/photos/uploads", json=body, headers=person.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "presigned_uploads_off")


def test_a_signed_address_takes_exactly_what_was_announced(world, person, darkroom, bucket):
    server, _ = bucket
    program = world.start(
        S3_ENDPOINT_URL=server.url,
        S3_ACCESS_KEY_ID=server.access_key,
        S3_SECRET_ACCESS_KEY=server.secret_key,
        PRESIGNED_UPLOADS="true",
    )
    with httpx.Client(base_url=program.url, timeout=20) as http:
        body = {"content_type": "image/jpeg", "size": len(PICTURE)}
        ticket = http.post("/v1/products/p-1/photos/uploads", json=body, headers=person.headers).json()
        others = [
            (PICTURE + b"!", {"content-type": "image/jpeg"}),
            (PICTURE[:-1], {"content-type": "image/jpeg"}),
            (PICTURE, {"content-type": "text/html"}),
        ]
        for content, headers in others:
            assert httpx.put(ticket["url"], content=content, headers=headers).status_code == 403
        assert httpx.put(ticket["url"], content=PICTURE, headers=ticket["headers"]).status_code == 200
        done = {"sha256": hashlib.sha256(PICTURE).hexdigest(), "size": len(PICTURE)}
        path = f"/v1/products/p-1/photos/uploads/{ticket['photo_id']}"
        assert http.post(path, json=done, headers=person.headers).json()["photo_id"] == ticket["photo_id"]
        assert darkroom.accepted[0][1] == PICTURE
        other = http.post("/v1/products/p-2/photos/uploads", json=body, headers=person.headers)
        assert other.status_code == 404
        large = http.post(
            "/v1/products/p-1/photos/uploads", json={**body, "size": 10 * 1024 * 1024 + 1}, headers=person.headers
        )
        assert (large.status_code, large.json()["code"]) == (413, "too_large")
    program.stop()


@pytest.mark.parametrize("size", [10, 2_000_000])
def test_a_picture_is_served_for_ever_with_a_type_of_ours(http, bucket, size):
    key = f"{size:064d}.webp"
    bucket[1].put_object(Bucket="yeshi-media", Key=f"media/{key}", Body=bytes(size), ContentType="text/html")
    answer = http.get(f"/media/{key}")
    assert (answer.status_code, answer.content) == (200, bytes(size))
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert http.head(f"/media/{key}").headers["content-length"] == str(size)
    assert http.get(f"/media/{key}", headers={"if-none-match": answer.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "none.webp",
        "a.html",
        "..%2fincoming%2fx.webp",
        "%2e%2e/metadata/m.json",
        "a/../../metadata/x.webp",
        ".hidden.webp",
        "a//b.webp",
        "A.webp",
        "x%00.webp",
        "",
    ],
)
def test_only_public_pictures_are_served(http, bucket, path):
    bucket[1].put_object(Bucket="yeshi-media", Key="incoming/x.webp", Body=b"secret")
    bucket[1].put_object(Bucket="yeshi-media", Key="metadata/x.webp", Body=b"secret")
    answer = http.get(f"/media/{path}")
    assert answer.status_code == 404
    assert b"secret" not in answer.content


def test_without_s3_uploads_and_pictures_are_503_and_the_rest_lives(world, person, darkroom):
    program = world.start(
        S3_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}", S3_ACCESS_KEY_ID="a", S3_SECRET_ACCESS_KEY="b"
    )
    with httpx.Client(base_url=program.url, timeout=20) as http:
        answer = upload(http, person)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) >= 1
        assert http.get(f"/media/{KEY}").status_code == 503
        assert darkroom.accepted == []
    program.stop()


@pytest.mark.parametrize("kind", ["logo", "cover"])
def test_a_shops_picture_goes_the_way_of_photos(http, behind, darkroom, person, kind):
    behind.on("catalog.put_shop_picture", lambda _, asked: {"shop_id": asked["shop_id"], kind: asked["picture"]})
    answer = http.put(f"/v1/shops/s-1/{kind}", files={"file": ("a.jpg", PICTURE)}, headers=person.headers)
    assert answer.status_code == 200, answer.text
    [(accepted, body)] = darkroom.accepted
    assert (accepted["product_id"], accepted["metadata_id"], body) == ("s-1", f"m-{kind}", PICTURE)
    assert answer.json()[kind]["photo_id"] == accepted["photo_id"]
    assert answer.json()[kind]["url"].startswith("/media/")
