"""What notify hears in a batch, and in which order it keeps it."""

from types import SimpleNamespace
from uuid import uuid4

from chassis import context
from chassis.clock import now, rfc3339
from chassis.events import Delivered
from contracts import catalog, users
from notify.entrypoints.events import NotifyRouter


class Listener:
    """Remembers what it was told to keep, in its order."""

    def __init__(self):
        self.kept = []

    def locales(self, copies, unit):
        self.kept.append(("locales", [one.version for one in copies]))

    def shops(self, copies, unit):
        self.kept.append(("shops", [one.version for one in copies]))


def delivered(data) -> Delivered:
    return Delivered(uuid4(), data.topic, rfc3339(now()), data, context.new())


def shop(version: int) -> Delivered:
    values = {"shop_id": str(uuid4()), "owner_id": str(uuid4()), "name": "寧夏茶行", "kind": "茶行", "state": "open"}
    return delivered(catalog.ShopChangedV1(**values, version=version, shipping=[], staff=[]))


def locale(version: int) -> Delivered:
    changed_at = rfc3339(now())
    return delivered(users.LocaleChangedV1(user_id=str(uuid4()), version=version, locale="en", changed_at=changed_at))


def test_copies_are_kept_by_kind_in_one_order_however_they_alternate():
    for batch in ([shop(1), locale(2), shop(3), locale(4)], [locale(2), shop(1), locale(4), shop(3)]):
        listener = Listener()
        NotifyRouter(SimpleNamespace(listener=listener)).apply(batch, SimpleNamespace(cursor=None))
        assert listener.kept == [("shops", [1, 3]), ("locales", [2, 4])]
