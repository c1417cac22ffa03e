"""Who hears what. `RULES` is the whole table; what is not in it rings nothing.

A new order rings once, when it is confirmed. An automatic approval rings nothing; an operator's decision does.
Counts at a door and changed metadata have no rule.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from notify.domain.bell import Ring


class Kind(StrEnum):
    """What happened."""

    ORDER_CONFIRMED = "order_confirmed"
    ORDER_VOIDED = "order_voided"
    ORDER_PAID = "order_paid"
    ORDER_SHIPPED = "order_shipped"
    ORDER_COMPLETED = "order_completed"
    STOCK_LOW = "stock_low"
    SELLER_APPROVED = "seller_approved"
    SELLER_REJECTED = "seller_rejected"
    SELLER_SUSPENDED = "seller_suspended"
    STAFF_INVITED = "staff_invited"
    INVITATION_ACCEPTED = "invitation_accepted"
    INVITATION_DECLINED = "invitation_declined"


class Audience(StrEnum):
    """Who is meant."""

    BUYER = "buyer"
    OWNER = "owner"  # the seller, also when the shop is not known here
    GUEST = "guest"  # who is invited
    HOST = "host"  # who invited
    SHOP = "shop"  # the seller, and everybody with a role in the shop


@dataclass(frozen=True)
class News:
    """An event that may ring. `subject` is the order, the product, the invitation, or the seller a decision is about;
    amounts are TWD. Of an invitation `seller_id` is who invited.

    `what` names a product and its options, `left` is how many there are.
    """

    kind: Kind
    event_id: UUID
    at: datetime
    subject: UUID
    seller_id: UUID
    buyer_id: UUID | None = None
    guest_id: UUID | None = None
    shop_id: UUID | None = None
    by: UUID | None = None  # who did it hears nothing of it
    total: int = 0
    status: str = ""
    reason: str = ""
    what: str = ""
    left: int = 0


@dataclass(frozen=True)
class Shop:
    """What notify knows of a shop."""

    name: str
    people: tuple[UUID, ...]


Text = tuple[str, str]  # title and body


@dataclass(frozen=True)
class Rule:
    """One line of the table."""

    audience: Audience
    type: str
    link: str
    words: Callable[[News, str], Text]
    applies: Callable[[News], bool] = lambda _: True


VOID_REASONS = {
    "out_of_stock": "商品已售完",
    "price_changed": "商品價格已變動",
    "not_listed": "商品已下架",
    "cancelled_by_buyer": "買家取消訂單",
    "cancelled_by_seller": "賣家取消訂單",
    "payment_timeout": "逾期未付款",
}
#: An order that never stood was never announced to its shop, so its end is none of the shop's news.
NEVER_STOOD = frozenset({"out_of_stock", "price_changed", "not_listed"})


def _new_order(news: News, shop: str) -> Text:
    waits = "買家尚未付款，付款後請出貨。" if news.status == "unpaid" else "貨到付款，請準備出貨。"
    return f"新訂單 NT${news.total:,}", f"{shop}有一筆新訂單，{waits}"


def _voided(news: News, shop: str) -> Text:
    reason = VOID_REASONS.get(news.reason, "")
    return "訂單不成立", f"{shop}的訂單已取消。" + (f"原因：{reason}。" if reason else "")


def _paid(_: News, shop: str) -> Text:
    return "訂單已付款", f"{shop}有一筆訂單已付款，請準備出貨。"


def _shipped(_: News, shop: str) -> Text:
    return "訂單已出貨", f"{shop}已寄出你的訂單，請留意到貨通知。"


def _completed(_: News, shop: str) -> Text:
    return "訂單已完成", f"{shop}有一筆訂單已完成，買家已確認收貨。"


def _stock_low(news: News, shop: str) -> Text:
    title = "商品即將售完" if news.left else "商品已售完"
    return title, f"{shop}的{news.what}剩下 {news.left} 件，請留意補貨。"


def _approved(_: News, __: str) -> Text:
    return "賣家申請已通過", "你現在可以開設賣場並上架商品。"


def _rejected(_: News, __: str) -> Text:
    return "賣家申請未通過", "你的賣家申請沒有通過審核，請確認資料後再試一次。"


def _suspended(_: News, __: str) -> Text:
    return "賣家權限已停用", "你的賣場已暫停營業，請聯絡客服。"


def _invited(_: News, shop: str) -> Text:
    return "有賣場邀請你", f"{shop}邀請你一起工作，請在 7 天內接受或婉拒。"


def _accepted(_: News, shop: str) -> Text:
    return "邀請已被接受", f"你邀請的人已加入{shop}。"


def _declined(_: News, shop: str) -> Text:
    return "邀請被婉拒", f"你邀請的人這次不加入{shop}。"


INVITATIONS = "/account/invitations"
BUYERS_ORDER = "/orders/{}"
SELLERS_ORDER = "/seller/orders/{}"
SELLERS_PRODUCT = "/seller/products/{}"
SELLERS_HOME = "/seller"

RULES: Mapping[Kind, tuple[Rule, ...]] = {
    Kind.ORDER_CONFIRMED: (Rule(Audience.SHOP, "order.new", SELLERS_ORDER, _new_order),),
    Kind.ORDER_VOIDED: (
        Rule(Audience.BUYER, "order.voided", BUYERS_ORDER, _voided),
        Rule(Audience.SHOP, "order.voided", SELLERS_ORDER, _voided, lambda news: news.reason not in NEVER_STOOD),
    ),
    Kind.ORDER_PAID: (Rule(Audience.SHOP, "order.paid", SELLERS_ORDER, _paid),),
    Kind.ORDER_SHIPPED: (Rule(Audience.BUYER, "order.shipped", BUYERS_ORDER, _shipped),),
    Kind.ORDER_COMPLETED: (Rule(Audience.OWNER, "order.completed", SELLERS_ORDER, _completed),),
    Kind.STOCK_LOW: (Rule(Audience.SHOP, "stock.low", SELLERS_PRODUCT, _stock_low),),
    Kind.SELLER_APPROVED: (Rule(Audience.OWNER, "seller.approved", SELLERS_HOME, _approved),),
    Kind.SELLER_REJECTED: (Rule(Audience.OWNER, "seller.rejected", SELLERS_HOME, _rejected),),
    Kind.SELLER_SUSPENDED: (Rule(Audience.OWNER, "seller.suspended", SELLERS_HOME, _suspended),),
    Kind.STAFF_INVITED: (Rule(Audience.GUEST, "staff.invited", INVITATIONS, _invited),),
    Kind.INVITATION_ACCEPTED: (Rule(Audience.HOST, "staff.accepted", SELLERS_HOME, _accepted),),
    Kind.INVITATION_DECLINED: (Rule(Audience.HOST, "staff.declined", SELLERS_HOME, _declined),),
}
TYPES = frozenset(rule.type for rules in RULES.values() for rule in rules)


def rings_of(news: Iterable[News], shops: Mapping[UUID, Shop], new_id: Callable[[], UUID]) -> Iterator[Ring]:
    """What these events ring, in their order: at most once per event and recipient."""
    for one in news:
        shop = shops.get(one.shop_id) if one.shop_id else None
        name = f"「{shop.name}」" if shop else "賣場"
        heard: set[UUID] = set() if one.by is None else {one.by}
        for rule in RULES[one.kind]:
            if not rule.applies(one):
                continue
            title, body = rule.words(one, name)
            link = rule.link.format(one.subject)
            for user_id in _audience(rule.audience, one, shop):
                if user_id not in heard:
                    heard.add(user_id)
                    yield Ring(new_id(), one.event_id, one.at, user_id, rule.type, title, body, link)


def _audience(audience: Audience, news: News, shop: Shop | None) -> Iterator[UUID]:
    if audience is Audience.BUYER:
        if news.buyer_id is not None:
            yield news.buyer_id
        return
    if audience is Audience.GUEST:
        if news.guest_id is not None:
            yield news.guest_id
        return
    yield news.seller_id
    if audience is Audience.SHOP and shop is not None:
        yield from shop.people
