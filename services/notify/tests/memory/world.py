"""A market with one seller whose shop has a clerk."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from chassis.testing.memory import transaction
from kernel.locales import Locale
from notify.application.ports import BindingCopy, LocaleCopy, ShopCopy
from notify.bootstrap.service import Notify, assemble
from notify.domain.rules import Kind, News
from services.notify.tests.memory.deliveries import NOON
from services.notify.tests.memory.reader import MemoryReader
from services.notify.tests.memory.store import Store
from services.notify.tests.memory.unit import MemoryUnit


@dataclass
class World:
    """A market with one seller whose shop has a clerk."""

    store: Store = field(default_factory=Store)
    now: datetime = NOON
    seller: UUID = field(default_factory=uuid4)
    clerk: UUID = field(default_factory=uuid4)
    buyer: UUID = field(default_factory=uuid4)
    shop: UUID = field(default_factory=uuid4)
    app: Notify = field(init=False)

    def __post_init__(self) -> None:
        reader = MemoryReader(self.store)
        self.app = assemble(self.unit, reader, reader.seen, lambda: self.now, uuid4, uuid4)
        self.store.shops[self.shop] = ShopCopy(self.shop, "寧夏茶行", (self.seller, self.clerk), 1)

    @contextmanager
    def unit(self) -> Iterator[MemoryUnit]:
        with transaction(self.store):
            yield MemoryUnit(self.store)

    def news(self, kind: Kind = Kind.ORDER_CONFIRMED, **values) -> News:
        fields = {
            "event_id": uuid4(),
            "at": self.now,
            "subject": uuid4(),
            "seller_id": self.seller,
            "buyer_id": self.buyer,
            "shop_id": self.shop,
            "total": 1280,
            "status": "unpaid",
        }
        return News(kind, **{**fields, **values})

    def ring(self, *news: News) -> None:
        with self.unit() as unit:
            self.app.ringer.ring(news, unit)

    def rang(self, user: UUID) -> list[str]:
        """Types of a user's notifications, oldest first."""
        return [one.type for one in MemoryReader(self.store)._of(user)]

    def bind(self, user: UUID, line_user: str | None = "U1", version: int = 1) -> None:
        with self.unit() as unit:
            self.app.listener.bindings([BindingCopy(user, line_user, version)], unit)

    def reads(self, user: UUID, locale: Locale, version: int = 2) -> None:
        with self.unit() as unit:
            self.app.listener.locales([LocaleCopy(user, locale, version)], unit)
