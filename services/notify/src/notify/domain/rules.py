"""Who hears what. `RULES` is the whole table; what is not in it rings nothing.

A new order rings once, when it is confirmed. An automatic approval rings nothing; an operator's decision does.
Counts at a door and changed metadata have no rule.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kernel.locales import DEFAULT, Locale
from notify.domain.bell import Ring
from notify.domain.texts import TEXTS, Text, Texts


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

    `goods` is the name of a product, `options` say which variant, `left` how many there are.
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
    goods: str = ""
    options: tuple[str, ...] = ()
    left: int = 0


@dataclass(frozen=True)
class Shop:
    """What notify knows of a shop."""

    name: str
    people: tuple[UUID, ...]


@dataclass(frozen=True)
class Rule:
    """One line of the table. `text` names what it says in the tables of `texts`."""

    audience: Audience
    type: str
    link: str
    text: Callable[[News], str]
    applies: Callable[[News], bool] = lambda _: True


#: An order that never stood was never announced to its shop, so its end is none of the shop's news.
NEVER_STOOD = frozenset({"out_of_stock", "price_changed", "not_listed"})


def _new_order(news: News) -> str:
    return "order.new.unpaid" if news.status == "unpaid" else "order.new.to_ship"


def _voided(news: News) -> str:
    return "order.voided.reason" if news.reason in TEXTS[DEFAULT].reasons else "order.voided"


def _stock_low(news: News) -> str:
    return "stock.low" if news.left else "stock.out"


def _always(key: str) -> Callable[[News], str]:
    return lambda _: key


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
    Kind.ORDER_PAID: (Rule(Audience.SHOP, "order.paid", SELLERS_ORDER, _always("order.paid")),),
    Kind.ORDER_SHIPPED: (Rule(Audience.BUYER, "order.shipped", BUYERS_ORDER, _always("order.shipped")),),
    Kind.ORDER_COMPLETED: (Rule(Audience.OWNER, "order.completed", SELLERS_ORDER, _always("order.completed")),),
    Kind.STOCK_LOW: (Rule(Audience.SHOP, "stock.low", SELLERS_PRODUCT, _stock_low),),
    Kind.SELLER_APPROVED: (Rule(Audience.OWNER, "seller.approved", SELLERS_HOME, _always("seller.approved")),),
    Kind.SELLER_REJECTED: (Rule(Audience.OWNER, "seller.rejected", SELLERS_HOME, _always("seller.rejected")),),
    Kind.SELLER_SUSPENDED: (Rule(Audience.OWNER, "seller.suspended", SELLERS_HOME, _always("seller.suspended")),),
    Kind.STAFF_INVITED: (Rule(Audience.GUEST, "staff.invited", INVITATIONS, _always("staff.invited")),),
    Kind.INVITATION_ACCEPTED: (Rule(Audience.HOST, "staff.accepted", SELLERS_HOME, _always("staff.accepted")),),
    Kind.INVITATION_DECLINED: (Rule(Audience.HOST, "staff.declined", SELLERS_HOME, _always("staff.declined")),),
}
TYPES = frozenset(rule.type for rules in RULES.values() for rule in rules)


def rings_of(
    news: Iterable[News], shops: Mapping[UUID, Shop], locales: Mapping[UUID, Locale], new_id: Callable[[], UUID]
) -> Iterator[Ring]:
    """What these events ring, in their order: at most once per event and recipient, in each recipient's language."""
    for one in news:
        shop = shops.get(one.shop_id) if one.shop_id else None
        heard: set[UUID] = set() if one.by is None else {one.by}
        for rule in RULES[one.kind]:
            if not rule.applies(one):
                continue
            said: dict[Locale, Text] = {}
            link = rule.link.format(one.subject)
            for user_id in _audience(rule.audience, one, shop):
                if user_id in heard:
                    continue
                heard.add(user_id)
                locale = locales.get(user_id, DEFAULT)
                if locale not in said:
                    said[locale] = _said(rule.text(one), one, shop, TEXTS[locale])
                title, body = said[locale]
                yield Ring(new_id(), one.event_id, one.at, user_id, rule.type, title, body, link, locale)


def _said(key: str, news: News, shop: Shop | None, texts: Texts) -> Text:
    return texts.notification(
        key,
        shop=texts.shop(shop.name if shop else None),
        goods=texts.goods(news.goods, news.options),
        reason=texts.reasons.get(news.reason, ""),
        total=news.total,
        left=news.left,
    )


def readers(news: Iterable[News]) -> set[UUID]:
    """Whom events name as buyer, seller or guest. Who else works in a shop, the shop knows."""
    named = {user for one in news for user in (one.seller_id, one.buyer_id, one.guest_id)}
    return {user for user in named if user is not None}


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
