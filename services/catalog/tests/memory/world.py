"""The application, a clock, and hands for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from catalog.application.invitations import Invite
from catalog.application.ports import SellerCopy
from catalog.application.shops import OpenShop
from catalog.bootstrap import Catalog, assemble
from catalog.domain.stock import OrderState
from chassis.testing.memory import transaction
from kernel.rights import Role
from services.catalog.tests.memory.reader import MemoryReader
from services.catalog.tests.memory.store import NOON, Store
from services.catalog.tests.memory.unit import MemoryUnit
from services.catalog.tests.memory.users import Directory, People

ADDRESS = {"city": "臺北市", "district": "大同區", "postal_code": "103", "line": "寧夏路 1 號"}


@dataclass
class World:
    """A market with one approved seller."""

    store: Store = field(default_factory=Store)
    directory: Directory = field(default_factory=Directory)
    people: People = field(default_factory=People)
    seller: UUID = field(default_factory=uuid4)
    now: datetime = NOON
    app: Catalog = field(init=False)

    def __post_init__(self) -> None:
        reader = MemoryReader(self.store)
        self.app = assemble(self.unit, self.unit, reader, reader, lambda: self.store.tree, self.tick, uuid4)
        self.store.sellers[self.seller] = SellerCopy(self.seller, "approved", 1)

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    @contextmanager
    def unit(self) -> Iterator[MemoryUnit]:
        with transaction(self.store):
            yield MemoryUnit(self.store)

    def shop(self, **values) -> UUID:
        shop_id = uuid4()
        wanted = {"by": self.seller, "shop_id": shop_id, "name": "寧夏茶行", "kind": "茶行", "address": ADDRESS}
        self.app.shops.open(OpenShop(**{**wanted, **values}), self.directory)
        return shop_id

    def wait(self, **time) -> None:
        """Time passes, and what is due happens."""
        self.now += timedelta(**time)
        self.app.timetable.step()

    def hire(self, shop_id: UUID, role: Role, user_id: UUID | None = None) -> UUID:
        """Somebody who was invited by the seller, and accepted."""
        user_id = user_id or uuid4()
        invite = Invite(self.seller, uuid4(), shop_id, role, user_id=user_id)
        self.app.invitations.invite(invite, self.people)
        self.app.invitations.accept(user_id, invite.invitation_id, self.people, self.directory)
        return user_id

    def settle(self, *moves) -> None:
        with self.unit() as unit:
            self.app.stock.settle(moves, unit)

    def heard(self, kind: type) -> list:
        """Events of a kind since the world began."""
        return [event for event in self.store.events if isinstance(event, kind)]

    def order_state(self, order_id: UUID) -> OrderState:
        return self.store.orders[order_id].state
