"""Photos: stored in three sizes without a trace of their metadata, or refused with a code, each told once."""

import hashlib

import pytest

from chassis.errors import Refusal
from chassis.ids import uuid7
from contracts import media
from yeshi_local.kit.world import as_user
from yeshi_local.testing import until

SOMEBODY = as_user(uuid7())
CHANGED, SETTLED = media.MetadataChangedV1.topic, media.PhotoSettledV1.topic


def new_photo_id() -> str:
    return str(uuid7())


def stored(world, ids, data: bytes):
    """Uploads, and answers the document's photo."""
    photo_id = world.upload(data, ids.product, ids.metadata)["photo_id"]
    status = world.settled(photo_id)
    assert status["state"] == "stored", status
    (photo,) = [one for one in world.metadata(ids.metadata)[ids.metadata]["photos"] if one["photo_id"] == photo_id]
    assert photo["url"] == status["url"]
    return photo


def test_a_jpeg_becomes_upright_sizes_without_metadata(world, ids, pictures):
    photo = stored(world, ids, pictures.with_exif(orientation=6))  # to be turned right by a quarter
    assert (photo["width"], photo["height"]) == (300, 400)
    assert set(photo["urls"]) == {"full", "card", "thumb", "jpeg", "jpeg_card", "jpeg_thumb"}
    for name, url in photo["urls"].items():
        body = world.object(url.removeprefix("/"))
        assert url == f"/media/{hashlib.sha256(body).hexdigest()}.{'jpg' if name.startswith('jpeg') else 'webp'}"
        image = pictures.opened(body)
        assert image.size == (300, 400)
        assert not image.getexif()
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(image.info)
        assert not any(secret in body for secret in (b"SecretCamera", b"SecretComment", b"GPS"))
        red, green, blue = image.convert("RGB").getpixel((225, 100))  # the red quarter is now above right
        assert red > 200 > 60 > max(green, blue)


def test_each_size_is_no_wider_than_its_name_says_and_nothing_is_enlarged(world, ids, pictures):
    photo = stored(world, ids, pictures.encoded(pictures.noise(2000, 1500), "JPEG"))
    sizes = {name: pictures.opened(world.object(url[1:])).size for name, url in photo["urls"].items()}
    large, middle, little = (1600, 1200), (800, 600), (320, 240)
    webp = {"full": large, "card": middle, "thumb": little}
    assert sizes == {**webp, "jpeg": large, "jpeg_card": middle, "jpeg_thumb": little}
    told = [(one["format"], one["width"], one["height"]) for one in photo["sizes"]]
    assert told == [(kind, *size) for size in (large, middle, little) for kind in ("webp", "jpeg")]
    small = stored(world, ids, pictures.encoded(pictures.scene(30, 20), "PNG"))
    assert {pictures.opened(world.object(url[1:])).size for url in small["urls"].values()} == {(30, 20)}


def test_objects_are_immutable_and_of_a_fixed_type(world, ids, pictures):
    photo = stored(world, ids, pictures.encoded(pictures.scene(), "WEBP"))
    head = world.bucket.head_object(Bucket=world.bucket_name, Key=photo["url"][1:])
    assert head["ContentType"] == "image/webp"
    assert head["CacheControl"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda p: b"", "unsupported_image"),
        (lambda p: b"just a text file, named tea.jpg", "unsupported_image"),
        (lambda p: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "unsupported_image"),
        (lambda p: b"GIF89a/*" + b"\0" * 40 + b"*/=1;alert(1)", "unsupported_image"),
        (lambda p: p.encoded(p.scene(), "GIF"), "unsupported_image"),
        (lambda p: b"\x1f\x8b" + b"\0" * 100, "unsupported_image"),
        (lambda p: p.encoded(p.noise(800, 600), "JPEG")[:5000], "broken_image"),
        (lambda p: p.encoded(p.noise(800, 600), "PNG")[:5000], "broken_image"),
        (lambda p: p.encoded(p.noise(800, 600), "WEBP")[:5000], "broken_image"),
        (lambda p: b"\xff\xd8\xff", "broken_image"),
        (lambda p: p.claiming(100, 100), "broken_image"),
        (lambda p: p.claiming(50_000, 50_000), "image_too_large"),
        (lambda p: p.claiming(11_000, 11_000), "image_too_large"),
        (lambda p: p.bomb(6_000, 6_000), "image_too_large"),
        (lambda p: p.encoded(p.scene(), "PNG", save_all=True, append_images=[p.noise(400, 300)]), "animated_image"),
        (lambda p: p.encoded(p.scene(), "WEBP", save_all=True, append_images=[p.noise(400, 300)]), "animated_image"),
    ],
    ids=[
        *("empty", "text", "svg", "gif-polyglot", "gif", "gzip", "half-jpeg", "half-png", "half-webp", "jpeg-start"),
        *("no-pixels", "50000-square", "121-megapixels", "bomb", "apng", "animated-webp"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_code_and_leaves_nothing(world, ids, pictures, make, code):
    photo_id = world.upload(make(pictures), ids.product, ids.metadata)["photo_id"]
    status = world.settled(photo_id, 10)
    assert (status["state"], status["code"], status["url"]) == ("refused", code, None)
    assert world.metadata(ids.metadata) == {}
    (event,) = until(lambda: world.heard(SETTLED, photo_id))
    assert (event["data"]["state"], event["data"]["code"]) == ("refused", code)
    until(lambda: world.object(f"incoming/{photo_id}") is None)  # it goes once its answer is committed


def test_cmyk_grey_palette_and_transparent_pictures_are_converted(world, ids, pictures):
    scene = pictures.scene()
    for kind, image in (
        ("JPEG", scene.convert("CMYK")),
        ("JPEG", scene.convert("L")),
        ("PNG", scene.convert("P")),
        ("PNG", scene.convert("1")),
    ):
        photo = stored(world, ids, pictures.encoded(image, kind))
        assert pictures.opened(world.object(photo["url"][1:])).mode == "RGB"
    clear = scene.convert("RGBA")
    clear.putalpha(0)
    photo = stored(world, ids, pictures.encoded(clear, "PNG"))
    assert pictures.opened(world.object(photo["urls"]["full"][1:])).getchannel("A").getextrema() == (0, 0)
    assert pictures.opened(world.object(photo["urls"]["jpeg"][1:])).getpixel((10, 10)) == (255, 255, 255)


def test_a_second_file_behind_a_picture_vanishes(world, ids, pictures):
    script = b"<script>alert(1)</script>" * 20
    photo = stored(world, ids, pictures.encoded(pictures.scene(), "JPEG") + script)
    assert all(b"script" not in world.object(url[1:]) for url in photo["urls"].values())


def test_the_same_bytes_on_the_same_product_are_the_same_photo(world, two_ids, pictures):
    here, elsewhere = two_ids
    data = pictures.encoded(pictures.scene(), "PNG")
    first = world.upload(data, here.product, here.metadata)
    again = world.upload(data, here.product, here.metadata)
    assert again["photo_id"] == first["photo_id"]
    world.settled(first["photo_id"])
    assert world.upload(data, here.product, here.metadata)["state"] == "stored"
    assert len(world.metadata(here.metadata)[here.metadata]["photos"]) == 1
    other = world.upload(data, elsewhere.product, elsewhere.metadata)
    assert other["photo_id"] != first["photo_id"]
    assert world.settled(other["photo_id"])["url"] == world.photo(first["photo_id"])["url"]


def test_the_same_call_again_answers_the_same_photo_and_a_taken_id_is_refused(world, two_ids, pictures):
    here, elsewhere = two_ids
    data = pictures.encoded(pictures.scene(), "PNG")
    photo_id = world.upload(data, here.product, here.metadata)["photo_id"]
    assert world.accept(data, here.product, here.metadata, photo_id)["photo_id"] == photo_id
    with pytest.raises(Refusal) as refused:
        world.accept(data, elsewhere.product, elsewhere.metadata, photo_id)
    assert refused.value.code == "photo_id_taken"


def test_the_tenth_photo_is_refused_and_the_first_is_the_cover(world, ids, pictures):
    ids_in_order = [
        world.upload(pictures.encoded(pictures.scene(40 + n, 30), "PNG"), ids.product, ids.metadata)["photo_id"]
        for n in range(9)
    ]
    for photo_id in ids_in_order:
        assert world.settled(photo_id)["state"] == "stored"
    tenth = world.upload(pictures.encoded(pictures.scene(99, 30), "PNG"), ids.product, ids.metadata)["photo_id"]
    assert world.settled(tenth)["code"] == "too_many_photos"
    document = world.metadata(ids.metadata)[ids.metadata]
    assert [photo["photo_id"] for photo in document["photos"]] == ids_in_order
    assert document["version"] == 9
    until(lambda: sorted(e["data"]["version"] for e in world.heard(CHANGED, ids.metadata)) == list(range(1, 10)))
    again = world.upload(pictures.encoded(pictures.scene(99, 30), "PNG"), ids.product, ids.metadata)
    assert again["photo_id"] != tenth  # not the bytes were at fault: they may come again


def test_photos_are_ordered_and_deleted_and_each_change_is_told(world, ids, pictures):
    first, second, third = (
        stored(world, ids, pictures.encoded(pictures.scene(40 + n, 30), "PNG"))["photo_id"] for n in range(3)
    )
    asked = {"metadata_id": ids.metadata, "photo_ids": [third, first, second]}
    for _ in range(2):
        answer = world.ask("arrange_photos", SOMEBODY, asked)
        assert [one["photo_id"] for one in answer["photos"]] == [third, first, second]
    with pytest.raises(Refusal) as refused:
        world.ask("arrange_photos", SOMEBODY, {**asked, "photo_ids": [third, first]})
    assert refused.value.code == "photos_changed"
    for _ in range(2):
        world.ask("delete_photo", SOMEBODY, {"metadata_id": ids.metadata, "photo_id": third})
    assert [one["photo_id"] for one in world.metadata(ids.metadata)[ids.metadata]["photos"]] == [first, second]
    assert world.photo(third)["state"] == "deleted"
    assert world.object(world.photo(third)["url"][1:]) is not None  # for whoever just read of it
    until(lambda: [one["data"]["version"] for one in world.heard(CHANGED, ids.metadata)] == [1, 2, 3, 4, 5])


def test_a_variants_new_photo_takes_the_place_of_the_one_before(world, ids, pictures):
    variant = new_photo_id()
    for size in (40, 50):
        data = pictures.encoded(pictures.scene(size, 30), "PNG")
        photo_id = world.upload(data, ids.product, ids.metadata, variant_id=variant)["photo_id"]
        assert world.settled(photo_id)["state"] == "stored"
    document = world.metadata(ids.metadata)[ids.metadata]
    assert ([one["photo_id"] for one in document["photos"]], document["variant_id"]) == ([photo_id], variant)


def test_an_upload_that_is_not_there_or_not_what_was_announced_is_refused(world, ids, pictures):
    data = pictures.encoded(pictures.scene(), "PNG")
    lost = world.accept(data, ids.product, ids.metadata, new_photo_id())["photo_id"]
    assert world.settled(lost)["code"] == "upload_lost"
    photo_id = new_photo_id()
    world.bucket.put_object(Bucket=world.bucket_name, Key=f"incoming/{photo_id}", Body=data + b"!")
    world.accept(data, ids.product, ids.metadata, photo_id)
    assert world.settled(photo_id)["code"] == "upload_damaged"
    assert world.settled(world.upload(data, ids.product, ids.metadata)["photo_id"])["state"] == "stored"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"size": 10 * 1024 * 1024 + 1}, "image_too_large"),
        ({"size": -1}, "invalid"),
        ({"sha256": "ABC"}, "invalid"),
        ({"photo_id": "no id"}, "invalid"),
        ({"metadata_id": 7}, "invalid"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(world, ids, change, code):
    somebody = as_user(uuid7())
    asked = {
        "photo_id": new_photo_id(),
        "product_id": ids.product,
        "metadata_id": ids.metadata,
        "sha256": "0" * 64,
        "size": 10,
    }
    with pytest.raises(Refusal) as refused:
        world.ask("accept_photo", somebody, {**asked, **change})
    assert refused.value.code == code
    with pytest.raises(Refusal) as anonymous:
        world.ask("accept_photo", None, asked)
    assert anonymous.value.code == "unauthenticated"


def test_an_unknown_photo_is_missing(world):
    for photo_id in (new_photo_id(), "nonsense"):
        with pytest.raises(Refusal) as refused:
            world.photo(photo_id)
        assert refused.value.code == "not_found"
