"""Ringing: from events to notifications, deliveries and moved bells, all in the transaction of the events."""

from collections.abc import Iterator, Sequence

from notify.application.ports import Clock, NewId, Rung, UnitOfWork
from notify.domain.bell import BellChanged, Notification
from notify.domain.delivery import FRESH_FOR, NewDelivery
from notify.domain.preferences import Channel
from notify.domain.rules import News, readers, rings_of


class Ringer:
    """The use case behind every event that rings."""

    def __init__(self, clock: Clock, new_id: NewId, new_key: NewId) -> None:
        self._clock = clock
        self._new_id = new_id
        self._new_key = new_key

    def ring(self, news: Sequence[News], unit: UnitOfWork) -> None:
        """Rings what the rules say, once per event and recipient, however often an event is heard."""
        shop_ids = {one.shop_id for one in news if one.shop_id is not None}
        shops, locales = unit.audience.get(shop_ids, readers(news))
        rings = list(rings_of(news, shops, locales, self._new_id))
        if not rings:
            return
        now = self._clock()
        rung = unit.bells.ring(rings, now)
        deliveries = [one for each in rung for one in self._deliveries(each)]
        if deliveries:
            unit.outgoing.deliver(deliveries)
        for each in rung:
            ring = each.ring
            item = Notification(
                ring.notification_id,
                ring.event_id,
                ring.user_id,
                ring.type,
                ring.title,
                ring.body,
                ring.link,
                each.bell.seq,
                now,
            )
            unit.publish(BellChanged(ring.user_id, each.bell, item))

    def _deliveries(self, rung: Rung) -> Iterator[NewDelivery]:
        now = self._clock()
        ring = rung.ring
        for channel, address in ((Channel.LINE, rung.line_user_id), (Channel.SNS, "")):
            if address is None or not rung.preferences.wants(channel, ring.type):
                continue
            yield NewDelivery(
                id=self._new_id(),
                notification_id=ring.notification_id,
                user_id=ring.user_id,
                channel=channel,
                address=address,
                retry_key=self._new_key(),
                not_before=rung.preferences.not_before(now),
                expires_at=ring.event_at + FRESH_FOR,
                locale=ring.locale,
            )
