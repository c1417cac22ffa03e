"""`make demo`: one order rings the bell, played through the public API, each step with its time and what arrived."""

from contextlib import ExitStack
from datetime import timedelta

from chassis.clock import now, rfc3339
from yeshi_local.machine import Machine
from yeshi_local.story import bells
from yeshi_local.story.door import DoorCounter
from yeshi_local.story.line_user import LineUser
from yeshi_local.story.listener import SnsListener
from yeshi_local.story.mirror import Mirror
from yeshi_local.story.people import Json, Seller
from yeshi_local.story.photos import photo
from yeshi_local.story.scene import Scene, until

STOCK = 24


def play(here: Machine) -> int:
    """The whole story. Answers the exit status. Raises ApiError, NoPhotos, TimeoutError where it breaks off."""
    with ExitStack() as stack:
        scene = Scene(here, stack)
        print("\n一張訂單，鈴聲響起  One order rings the bell\n")
        seller = _open_shop(scene)
        line = _bind_line(scene, seller)
        sns = _subscribe(scene, seller)
        product = _list_product(scene, seller)
        _count_heads(scene, seller)
        bells.ring(scene, bells.Ears(seller, line, sns), product)
    return 0


def _open_shop(scene: Scene) -> Seller:
    return scene.step(
        "賣家註冊、成為賣家、開賣場 a seller opens a shop",
        lambda: Seller(scene.here.public_url, "陳美玉", "美玉手沖咖啡", kind="飲料"),
        lambda seller: f"{seller.shop['name']}（{seller.shop['state']}）",
    )


def _bind_line(scene: Scene, seller: Seller) -> LineUser:
    user = LineUser(scene.here.addresses()["line.url"], "陳美玉")
    scene.step(
        "在 LINE 說「綁定」並連動帳號 she links her LINE account",
        lambda: user.bind(seller),
        lambda _: f"LINE 使用者 {user.id[:9]}…",
    )
    return user


def _subscribe(scene: Scene, seller: Seller) -> SnsListener:
    values = scene.here.addresses()
    listener = SnsListener(values["sns.url"], values["sns.topic_arn"], seller.user_id)
    scene.stack.callback(listener.close)
    scene.step(
        "小鈴鐺也送到 SNS the bell goes to SNS too",
        seller.hear_by_sns,
        lambda answer: f"line={answer['line']} sns={answer['sns']}",
    )
    return listener


def _list_product(scene: Scene, seller: Seller) -> Json:
    product = scene.step(
        "新增商品（預設規格一併建立）a product with its default variant",
        lambda: seller.add_product(
            "阿里山手沖咖啡 半磅",
            480,
            STOCK,
            discount=60,
            desc="淺焙、當週烘焙，杯測 86 分。",
            metadata={"產地": "阿里山"},
        ),
        lambda made: f"{made['name']}，NT${made['final_price']}，庫存 {STOCK}",
    )
    stored = _upload(scene, seller, product)
    size = len(seller.api.send("GET", stored["url"]).content)
    scene.step(
        "上架 listed",
        lambda: seller.api.post(f"/v1/products/{product['product_id']}/list"),
        lambda answer: f"{answer['state']}，公開照片 {size >> 10} KiB",
    )
    return product


def _upload(scene: Scene, seller: Seller, product: Json) -> Json:
    """A photo, and the document that names it: on S3 it says what the API says."""
    picture = photo(scene.here.run, "coffee")
    mirror = Mirror(scene.here.addresses())
    scene.stack.callback(mirror.close)
    stored = scene.step(
        f"上傳照片 {len(picture) >> 10} KiB a photo",
        lambda: seller.add_photo(product["product_id"], picture),
        lambda answer: f"{answer['width']}×{answer['height']} {answer['url'][:20]}….webp",
    )
    metadata_id = str(product["metadata_id"])

    def same() -> Json | None:
        told = dict(seller.api.get(f"/v1/metadata/{metadata_id}"))
        shown = [one["photo_id"] for one in told["photos"]]
        return told if shown == [stored["photo_id"]] and mirror.read(metadata_id) == told else None

    scene.step(
        "文件到了 S3 鏡像 its document is mirrored on S3",
        lambda: until(same, "S3 鏡像 the mirror"),
        lambda told: f"{mirror.key(metadata_id)[:23]}….json 第 {told['version']} 版，內容相同 the same content",
    )
    return stored


def _count_heads(scene: Scene, seller: Seller) -> None:
    enrolled = scene.step(
        "門口計數器登錄 a door counter is enrolled",
        lambda: seller.api.post(f"/v1/shops/{seller.shop_id}/devices", {"name": "前門"}),
        lambda answer: str(answer["mqtt"]["topic"]),
    )
    door = DoorCounter(enrolled["mqtt"])
    scene.stack.callback(door.close)

    def pass_by() -> tuple[int, ...]:
        for direction in ("in", "in", "in", "out"):
            door.count(direction)
        door.settle()
        window = {"from": rfc3339(now() - timedelta(hours=1)), "to": rfc3339(now() + timedelta(hours=1))}
        path = f"/v1/shops/{seller.shop_id}/footfall"
        return until(lambda: _counted(seller.api.get(path, **window, bucket="hour")), "來客數 footfall")

    scene.step("三人進、一人出 heads are counted", pass_by, lambda total: f"來客數 進 {total[0]} 出 {total[1]}")


def _counted(answer: Json) -> tuple[int, int] | tuple[()]:
    entered = sum(bucket["in"] for bucket in answer["buckets"])
    left = sum(bucket["out"] for bucket in answer["buckets"])
    return (entered, left) if entered + left >= 4 else ()
