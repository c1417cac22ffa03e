"""The demonstration's second half: three orders, one bought, one cancelled, one never paid, and who hears of each."""

import time
from contextlib import closing
from dataclasses import dataclass

import psycopg2

from yeshi_local.story.api import Bell, Heard
from yeshi_local.story.line_user import LineUser
from yeshi_local.story.listener import SnsListener
from yeshi_local.story.people import Buyer, Json, Seller, variant_of
from yeshi_local.story.scene import Scene, until

KEPT = 2  # pieces of the first order; the other two orders come to nothing


@dataclass(frozen=True)
class Ears:
    """The seller, and where she hears of an order."""

    seller: Seller
    line: LineUser
    sns: SnsListener


def ring(scene: Scene, ears: Ears, product: Json) -> None:
    """Plays it, and ends with what arrived where."""
    seller = ears.seller
    buyer = scene.step(
        "買家註冊 a buyer registers", lambda: Buyer(scene.here.public_url, "林小美"), lambda buyer: buyer.name
    )
    _fill_cart(scene, buyer, product)
    tabs = _open_tabs(scene, seller)
    _buy(scene, ears, buyer, tabs)
    _cancel(scene, seller, buyer, product, tabs[0])
    _never_pay(scene, seller, buyer, product, tabs[0])
    _tell(ears, product)


def _fill_cart(scene: Scene, buyer: Buyer, product: Json) -> None:
    path = f"/v1/products/{product['product_id']}"
    scene.step(
        "看商品 the card is read",
        lambda: until(lambda: _available(buyer.api.get(path)), "商品卡 the card"),
        lambda card: f"{card['name']}，還有 {card['variants'][0]['available']}，照片 {len(card['photos'])} 張",
    )
    variant = variant_of(product)
    scene.step("放進購物車 into the cart", lambda: buyer.put(variant, KEPT), lambda cart: f"NT${cart['total']}")


def _available(card: Json) -> Json:
    return card if card["variants"][0].get("available") and card.get("photos") else {}


def _open_tabs(scene: Scene, seller: Seller) -> list[Bell]:
    """Two open pages of the back office; at two gateways where there are several."""
    gateways = scene.here.gateways()

    def opened() -> list[Bell]:
        tabs = [scene.stack.enter_context(seller.at(url).bell()) for url in (gateways[0], gateways[-1])]
        for tab in tabs:
            tab.opened()
        return tabs

    return scene.step(
        "賣家開兩個分頁 she has two tabs open",
        opened,
        lambda tabs: "未讀 unread " + "、".join(str(tab.opened().data["unread_count"]) for tab in tabs),
    )


def _buy(scene: Scene, ears: Ears, buyer: Buyer, tabs: list[Bell]) -> None:
    seller = ears.seller
    scene.sent, started = time.time(), time.monotonic()
    scene.step("結帳（貨到付款）checkout", lambda: buyer.checkout(seller.shop_id), _settled)

    def rung(heard: list[Heard]) -> str:
        times = "、".join(f"{(one.at - started) * 1000:.0f}" for one in heard)
        return f"{heard[0].data['item']['title']}，兩個分頁在結帳後 {times} ms after checkout"

    scene.step("小鈴鐺響了 the bell rings in both tabs", lambda: [tab.wait(_news) for tab in tabs], rung)
    scene.step("未讀數 the unread count", seller.unread, lambda count: f"GET /v1/notifications/unread-count → {count}")
    scene.step(
        "LINE 響了 her phone hears it",
        lambda: until(ears.line.pushes, "LINE 推播 the LINE push")[0],
        lambda push: scene.since_checkout(ears.line.arrived(push)),
    )
    scene.step(
        "SNS 也收到了 so does SNS",
        lambda: until(ears.sns.arrived, "SNS 訊息 the SNS message")[0],
        scene.since_checkout,
    )


def _settled(answer: Json) -> str:
    order = answer["orders"][0]
    return f"{answer['status_code']} {order['status']} NT${order['total_price']}"


def _news(heard: Heard) -> bool:
    return heard.event == "notification"


def _cancel(scene: Scene, seller: Seller, buyer: Buyer, product: Json, tab: Bell) -> None:
    order = scene.step(
        "再買三件 three more",
        lambda: _order(buyer, seller, product, 3, "cod"),
        lambda order: f"{order['status']}，{_stock(seller, product)}",
    )
    scene.step(
        "買家取消 and cancels them",
        lambda: buyer.api.post(f"/v1/orders/{order['order_id']}/cancel"),
        lambda answer: f"{answer['status']}（{answer['void_reason']}）",
    )
    _given_back(scene, seller, product, tab, order)


def _never_pay(scene: Scene, seller: Seller, buyer: Buyer, product: Json, tab: Bell) -> None:
    order = scene.step(
        "一件用銀行轉帳 one by bank transfer",
        lambda: _order(buyer, seller, product, 1, "bank_transfer"),
        lambda order: f"{order['status']}，付款期限 to be paid before {order['pay_before'][:16]}Z",
    )
    scene.step(
        "一直沒付：示範把期限改成現在 never paid: the demo makes that hour now",
        lambda: _make_due(scene, str(order["order_id"])),
        lambda _: "其餘由計時器處理 the timer does the rest",
    )
    scene.step(
        "過期的訂單不成立 the order voids itself",
        lambda: until(lambda: _void(buyer, order), "計時器 the timer"),
        lambda ended: f"{ended['status']}（{ended['void_reason']}）",
    )
    _given_back(scene, seller, product, tab, order)
    scene.step(
        "買家也聽到了 the buyer is told too",
        lambda: until(buyer.notifications, "買家的鈴 the buyer's bell")[0],
        lambda item: f"{item['title']}：{item['body']}",
    )


def _order(buyer: Buyer, seller: Seller, product: Json, quantity: int, method: str) -> Json:
    """Bought, and its stock held."""
    buyer.put(variant_of(product), quantity)
    return dict(buyer.checkout(seller.shop_id, payment_method=method)["orders"][0])


def _make_due(scene: Scene, order_id: str) -> None:
    """A day goes by for this order alone. Nobody has to wait for it, and nothing else is helped along."""
    address = scene.here.addresses()["postgres.orders"]
    with closing(psycopg2.connect(address)) as database, database, database.cursor() as cursor:
        cursor.execute("UPDATE orders SET pay_before = now() WHERE order_id = %s", (order_id,))


def _void(buyer: Buyer, order: Json) -> Json:
    found = buyer.order(order["order_id"])
    return found if found["status"] == "void" else {}


def _given_back(scene: Scene, seller: Seller, product: Json, tab: Bell, order: Json) -> None:
    """Only the first order's two are reserved, and the seller's open page has said that this one came to nothing."""

    def told(heard: Heard) -> bool:
        return _news(heard) and heard.data["item"]["type"] == "order.voided" and order["order_id"] in str(heard.data)

    def back() -> Heard:
        heard = tab.wait(told)
        until(lambda: _level(seller, product)["reserved"] == KEPT, "庫存 the stock")
        return heard

    scene.step(
        "貨回到架上，賣家也知道 the goods are back and the seller is told",
        back,
        lambda heard: f"{heard.data['item']['title']}，{_stock(seller, product)}",
    )


def _level(seller: Seller, product: Json) -> Json:
    return seller.stock_of(product["product_id"])[variant_of(product)]


def _stock(seller: Seller, product: Json) -> str:
    level = _level(seller, product)
    return f"在庫 {level['quantity']}，保留 {level['reserved']}，可賣 {level['available']}"


def _tell(ears: Ears, product: Json) -> None:
    """What each of them has in the end: everything that rang went to LINE and to SNS as well."""
    seller, line, sns = ears.seller, ears.line, ears.sns
    items = seller.notifications()
    until(lambda: len(line.pushes()) == len(sns.bodies()) == len(items), "LINE 與 SNS 其餘的 the rest on LINE and SNS")
    print("\n到了哪裡  What arrived where\n")
    print(f"  小鈴鐺 bell（未讀 unread {seller.unread()}）")
    for item in reversed(items):  # as they came, like the others
        print(f"    {item['type']:<14} {item['title']}  {item['body']}")
    print("  LINE")
    for push in line.pushes():
        print(f"    {line.text_of(push)}  （retry key {push['retry_key']}）")
    print("  SNS")
    for message in sns.bodies():
        print(f"    {message['type']:<14} {message['title']}")
    print(f"  庫存 stock    {_stock(seller, product)}")
    print(f"\n  LINE 手機 phone  {line.double.url}/phone#{line.id}\n")
