"""The events notify hears. All that ring in a batch ring together, however their topics alternate."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from uuid import UUID

from chassis import context
from chassis.errors import Invalid
from chassis.events import Delivered, EventRouter
from chassis.ids import time_of
from chassis.postgres import Transaction
from contracts import catalog, edge, gateway, media, orders, users
from kernel.locales import Locale
from notify.adapters.unit_of_work import PostgresUnit
from notify.application.ports import BindingCopy, LocaleCopy, ShopCopy
from notify.bootstrap.service import Notify
from notify.domain.bell import BellChanged
from notify.domain.rules import Kind, News
from notify.entrypoints.line_events import what_line_says

RINGING = {
    orders.OrderConfirmedV1.topic: Kind.ORDER_CONFIRMED,
    orders.OrderVoidedV1.topic: Kind.ORDER_VOIDED,
    orders.OrderPaidV1.topic: Kind.ORDER_PAID,
    orders.OrderShippedV1.topic: Kind.ORDER_SHIPPED,
    orders.OrderCompletedV1.topic: Kind.ORDER_COMPLETED,
}
DECISIONS = {
    "approved": Kind.SELLER_APPROVED,
    "rejected": Kind.SELLER_REJECTED,
    "suspended": Kind.SELLER_SUSPENDED,
}
ANSWERS = {"accepted": Kind.INVITATION_ACCEPTED, "declined": Kind.INVITATION_DECLINED}
RINGING_TOPICS = frozenset(
    {
        *RINGING,
        catalog.StockLowV1.topic,
        catalog.StaffInvitedV1.topic,
        catalog.InvitationAnsweredV1.topic,
        users.SellerChangedV1.topic,
    }
)
AUTOMATIC = "automatic"


class NotifyRouter(EventRouter):
    """Hands what rings to one call per batch, after the copies the rules look at; the rest in runs."""

    def __init__(self, notify: Notify) -> None:
        super().__init__()
        self._notify = notify
        self.on(catalog.ShopChangedV1)(self._on_shops)
        self.on(users.LineChangedV1)(self._on_bindings)
        self.on(users.LocaleChangedV1)(self._on_locales)
        self.on(gateway.LineWebhookReceivedV1)(self._on_line)
        self.on(media.MetadataChangedV1, edge.CountsRecordedV1, gateway.SnsReceivedV1)(_on_nothing_yet)

    def topics(self) -> frozenset[str]:
        """Everything notify listens to."""
        return super().topics() | RINGING_TOPICS

    def apply(self, events: Sequence[Delivered], tx: Transaction) -> None:
        """Keeps the batch's copies, then rings."""
        copies = [event for event in events if event.topic not in RINGING_TOPICS]
        # One run of each kind, and kinds in one order: processes with the same rows would lock each other out else.
        super().apply(sorted(copies, key=lambda event: event.topic), tx)
        ringing = [event for event in events if event.topic in RINGING_TOPICS]
        news = [one for one in map(news_of, ringing) if one is not None]
        if not news:
            return
        causes = {event.id: event.work for event in ringing}

        def in_context(event: BellChanged) -> AbstractContextManager[object]:
            return context.bind(causes[event.item.event_id]) if event.item else nullcontext()

        with context.bind(ringing[-1].work):
            self._notify.ringer.ring(news, PostgresUnit(tx, in_context))

    def _on_shops(self, run: Sequence[Delivered], tx: Transaction) -> None:
        copies = [
            ShopCopy(
                _id(event.data.shop_id),
                event.data.name,
                tuple(_id(one.user_id) for one in event.data.staff),
                event.data.version,
            )
            for event in run
        ]
        self._notify.listener.shops(copies, PostgresUnit(tx))

    def _on_bindings(self, run: Sequence[Delivered], tx: Transaction) -> None:
        copies = [BindingCopy(_id(event.data.user_id), event.data.line_user_id, event.data.version) for event in run]
        self._notify.listener.bindings(copies, PostgresUnit(tx))

    def _on_locales(self, run: Sequence[Delivered], tx: Transaction) -> None:
        copies = [LocaleCopy(_id(event.data.user_id), Locale(event.data.locale), event.data.version) for event in run]
        self._notify.listener.locales(copies, PostgresUnit(tx))

    def _on_line(self, run: Sequence[Delivered], tx: Transaction) -> None:
        friendships, inbound = what_line_says([event.data for event in run])
        if friendships:
            self._notify.listener.friendships(friendships, PostgresUnit(tx))
        if inbound:
            self._notify.listener.questions(inbound, PostgresUnit(tx))


def _on_nothing_yet(_run: Sequence[Delivered], _tx: Transaction) -> None:
    """Heard, and no rule rings for it."""


def news_of(event: Delivered) -> News | None:
    """What an event means for bells; None for those that ring nothing. Raises Invalid, which ends its tries."""
    data = event.data
    if isinstance(data, users.SellerChangedV1):
        if data.decided_by == AUTOMATIC or data.state not in DECISIONS:
            return None
        seller = _id(data.user_id)
        return News(DECISIONS[data.state], event.id, time_of(event.id), subject=seller, seller_id=seller)
    if isinstance(data, catalog.StockLowV1):
        return _stock_low(event, data)
    if isinstance(data, catalog.StaffInvitedV1 | catalog.InvitationAnsweredV1):
        return _of_invitation(event, data)
    confirmed = isinstance(data, orders.OrderConfirmedV1)
    return News(
        RINGING[event.topic],
        event.id,
        time_of(event.id),
        subject=_id(data.order_id),
        seller_id=_id(data.seller_id),
        buyer_id=_id(data.buyer_id),
        shop_id=_id(data.shop_id),
        by=None if confirmed or data.by is None else _id(data.by),
        total=data.total_price if confirmed else 0,
        status=data.status if confirmed else "",
        reason="" if confirmed else data.reason or "",
    )


def _stock_low(event: Delivered, data: catalog.StockLowV1) -> News:
    return News(
        Kind.STOCK_LOW,
        event.id,
        time_of(event.id),
        subject=_id(data.product_id),
        seller_id=_id(data.seller_id),
        shop_id=_id(data.shop_id),
        goods=data.name,
        options=tuple(data.options),
        left=data.available,
    )


def _of_invitation(event: Delivered, data: catalog.StaffInvitedV1 | catalog.InvitationAnsweredV1) -> News:
    guest, host = _id(data.user_id), _id(data.invited_by)
    answered = isinstance(data, catalog.InvitationAnsweredV1)
    return News(
        ANSWERS[data.answer] if isinstance(data, catalog.InvitationAnsweredV1) else Kind.STAFF_INVITED,
        event.id,
        time_of(event.id),
        subject=_id(data.invitation_id),
        seller_id=host,
        guest_id=guest,
        shop_id=_id(data.shop_id),
        by=guest if answered else host,
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(f"{text[:60]!r} is not an id") from None
