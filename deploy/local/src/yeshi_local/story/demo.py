"""`make demo`: one order rings the bell, played through the public API, each step with its time and what arrived."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import boto3
from botocore.config import Config

from chassis.clock import now, rfc3339
from yeshi_local.machine import Machine
from yeshi_local.servers.small import REGION
from yeshi_local.story.api import Bell, Heard
from yeshi_local.story.door import DoorCounter
from yeshi_local.story.line_user import LineUser
from yeshi_local.story.listener import SnsListener
from yeshi_local.story.people import Buyer, Json, Seller, variant_of
from yeshi_local.story.photos import photo

T = TypeVar("T")

STOCK = 24
PATIENCE = 20.0  # seconds for what travels by itself


@dataclass
class Scene:
    """What the steps share, and how they are told."""

    here: Machine
    stack: ExitStack
    number: int = 0
    timings: dict[str, float] = field(default_factory=dict)

    def step(self, title: str, work: Callable[[], T], told: Callable[[T], str]) -> T:
        """Does one step and prints a line: its number, its time and its result."""
        self.number += 1
        started = time.monotonic()
        result = work()
        elapsed = (time.monotonic() - started) * 1000
        print(f"{self.number:>3}. {elapsed:>8.0f} ms  {title}：{told(result)}", flush=True)
        return result


def until(check: Callable[[], T], what: str) -> T:
    """Polls until the check answers something true. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if answer := check():
            return answer
        time.sleep(0.05)
    raise TimeoutError(what)


def play(here: Machine) -> int:
    """The whole story. Answers the exit status. Raises ApiError, TimeoutError, AssertionError where it breaks off."""
    with ExitStack() as stack:
        scene = Scene(here, stack)
        print("\n一張訂單，鈴聲響起  One order rings the bell\n")
        seller = _open_shop(scene)
        line = _bind_line(scene, seller)
        sns = _subscribe(scene, seller)
        product = _list_product(scene, seller)
        _count_heads(scene, seller)
        _order(scene, seller, product)
        _arrivals(scene, seller, line, sns, product)
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
    listener = SnsListener(values["sns.url"], values["sns.topic_arn"])
    scene.stack.callback(listener.close)
    preferences = seller.api.get("/v1/notifications/preferences")
    wanted = {name: preferences[name] for name in ("line", "quiet_from", "quiet_to", "muted_types")}
    scene.step(
        "小鈴鐺也送到 SNS the bell goes to SNS too",
        lambda: seller.api.put("/v1/notifications/preferences", {**wanted, "sns": True}),
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
    picture = photo(scene.here.run, "coffee")
    stored = scene.step(
        f"上傳照片 {len(picture) >> 10} KiB a photo",
        lambda: seller.add_photo(product["product_id"], picture),
        lambda answer: f"{answer['width']}×{answer['height']} {answer['url']}",
    )
    size = len(seller.api.send("GET", stored["url"]).content)
    scene.step(
        "上架 listed",
        lambda: seller.api.post(f"/v1/products/{product['product_id']}/list"),
        lambda answer: f"{answer['state']}，公開照片 {size >> 10} KiB",
    )
    return product


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
        return until(lambda: _counted(seller.api.get(path, **window, bucket="hour")), "footfall")

    scene.step("三人進、一人出 heads are counted", pass_by, lambda total: f"來客數 進 {total[0]} 出 {total[1]}")


def _counted(answer: Json) -> tuple[int, int] | tuple[()]:
    entered = sum(bucket["in"] for bucket in answer["buckets"])
    left = sum(bucket["out"] for bucket in answer["buckets"])
    return (entered, left) if entered + left >= 4 else ()


def _order(scene: Scene, seller: Seller, product: Json) -> None:
    buyer = scene.step(
        "買家註冊 a buyer registers", lambda: Buyer(scene.here.public_url, "林小美"), lambda buyer: buyer.name
    )
    variant = variant_of(product)
    path = f"/v1/products/{product['product_id']}"
    scene.step(
        "看商品 the card is read",
        lambda: until(lambda: _available(buyer.api.get(path)), "the card"),
        lambda card: f"{card['name']}，還有 {card['variants'][0]['available']}，照片 {len(card['photos'])} 張",
    )
    scene.step("放進購物車 into the cart", lambda: buyer.put(variant, 2), lambda cart: f"NT${cart['total']}")
    bell: Bell = scene.stack.enter_context(seller.api.bell())
    bell.opened()
    sent = time.monotonic()
    order = scene.step(
        "結帳（貨到付款）checkout",
        lambda: buyer.checkout(seller.shop_id),
        lambda answer: (
            f"{answer['status_code']} {answer['orders'][0]['status']} NT${answer['orders'][0]['total_price']}"
        ),
    )["orders"][0]
    rung: Heard = scene.step(
        "小鈴鐺響了 the bell rings",
        lambda: bell.wait(lambda one: one.event == "notification"),
        lambda heard: f"{heard.data['item']['title']}（未讀 {heard.data['unread_count']}）",
    )
    print(
        f"     {(rung.at - sent) * 1000:>8.0f} ms  從送出結帳到鈴聲 from checkout to the bell; 訂單 {order['order_id']}"
    )


def _available(card: Json) -> Json:
    return card if card["variants"][0].get("available") and card.get("photos") else {}


def _arrivals(scene: Scene, seller: Seller, line: LineUser, sns: SnsListener, product: Json) -> None:
    print("\n到了哪裡  What arrived where\n")
    for item in seller.notifications():
        print(f"  小鈴鐺 bell   {item['type']}  {item['title']}  {item['body']}")
    push = until(line.pushes, "the LINE push")[0]
    print(f"  LINE          {line.texts()[-1]!r}  retry key {push['retry_key']}")
    message = until(sns.bodies, "the SNS message")[0]
    print(f"  SNS           {message['type']}  {message['title']}")
    print(f"  S3 鏡像 mirror {until(lambda: mirrored(scene.here, product), 'the mirror')}")
    for variant in seller.stock_of(product["product_id"]).values():
        print(f"  庫存 stock    在庫 {variant['quantity']}，保留 {variant['reserved']}，可賣 {variant['available']}")
    print(f"\n  LINE 手機 phone  {line.double.url}/phone#{line.id}\n")


def mirrored(here: Machine, product: Json) -> str | None:
    """The key and size of a product's metadata document on S3; None while it is not there."""
    values = here.addresses()
    s3 = boto3.client(
        "s3",
        endpoint_url=values["s3.url"],
        region_name=REGION,
        aws_access_key_id=values["secret.s3_access"],
        aws_secret_access_key=values["secret.s3_secret"],
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    key = f"metadata/{product['metadata_id']}.json"
    found = s3.list_objects_v2(Bucket=values["s3.bucket"], Prefix=key).get("Contents", [])
    return f"{key}（{found[0]['Size']} bytes）" if found else None
