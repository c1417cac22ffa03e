"""edge-gateway in memory: the same application on parts that forget everything."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from chassis.errors import Unavailable
from edge_gateway.application.ports import Taken
from edge_gateway.bootstrap import EdgeGateway, assemble
from edge_gateway.domain.device import Device, State
from edge_gateway.domain.reading import Minute, Reading
from edge_gateway.domain.staff import ShopCopy
from kernel.rights import Role

NOON = datetime(2026, 12, 1, 12, 0, 30, tzinfo=UTC)


@dataclass
class Store:
    """What would be tables."""

    shops: dict[UUID, ShopCopy] = field(default_factory=dict)
    devices: dict[UUID, Device] = field(default_factory=dict)
    revoked: set[UUID] = field(default_factory=set)
    readings: dict[tuple[UUID, str], Reading] = field(default_factory=dict)
    minutes: dict[tuple[UUID, datetime], Minute] = field(default_factory=dict)
    events: list = field(default_factory=list)


class MemoryUnit:
    """A unit of work on a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.shops = _Shops(store)
        self.devices = _Devices(store)
        self.readings = _Readings(store)

    def publish(self, *events) -> None:
        self._store.events.extend(events)


class _Shops:
    def __init__(self, store):
        self.store = store

    def put(self, copies):
        for one in copies:
            known = self.store.shops.get(one.shop_id)
            if known is None or known.version < one.version:
                self.store.shops[one.shop_id] = one


class _Devices:
    def __init__(self, store):
        self.store = store

    def add(self, device):
        if device.id in self.store.devices:
            return False
        self.save(device)
        return True

    def get(self, device_id):
        return copy.copy(self.store.devices.get(device_id))

    def count(self, shop_id):
        return len([d for d in self.store.devices.values() if d.shop_id == shop_id and d.state is not State.REMOVED])

    def save(self, device):
        self.store.devices[device.id] = copy.copy(device)

    def revoked(self, device_id, at):
        device = self.store.devices[device_id]
        if device.state is State.REMOVED and (device.enrolling_until is None or device.enrolling_until <= at):
            self.store.revoked.add(device_id)

    def let_in_again(self, device_id):
        self.store.revoked.discard(device_id)

    def lost(self, credentials):
        found = [
            device_id
            for device_id, number in credentials
            if self.store.devices[device_id].state is State.ACTIVE
            and self.store.devices[device_id].credential == number
        ]
        for device_id in found:
            self.store.devices[device_id].state = State.NEEDS_ENROLMENT
        return found


class _Readings:
    def __init__(self, store):
        self.store = store

    def take(self, readings):
        known = [one for one in readings if one.device_id in self.store.devices]
        fresh = [one for one in known if (one.device_id, one.message_id) not in self.store.readings]
        touched = {}
        for one in fresh:
            self.store.readings[one.device_id, one.message_id] = one
            place = (one.device_id, one.minute)
            shop_id = self.store.devices[one.device_id].shop_id
            was = self.store.minutes.get(place) or Minute(shop_id, one.device_id, one.minute, 0, 0)
            entered = was.entered + one.people * one.entering
            left = was.left + one.people * (not one.entering)
            touched[place] = self.store.minutes[place] = Minute(shop_id, one.device_id, one.minute, entered, left)
        return Taken(list(touched.values()), len(fresh), len(known) - len(fresh), len(readings) - len(known))


class MemoryReader:
    """Questions to a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def role(self, shop_id, user_id):
        shop = self._store.shops.get(shop_id)
        return shop.staff.get(user_id) if shop else None

    def devices(self, shop_id):
        return [d for d in self._store.devices.values() if d.shop_id == shop_id and d.state is not State.REMOVED]

    def active(self):
        return {d.id: d.credential for d in self._store.devices.values() if d.state is State.ACTIVE}

    def to_revoke(self):
        removed = {d.id for d in self._store.devices.values() if d.state is State.REMOVED}
        return sorted(removed - self._store.revoked)

    def footfall(self, shop_id, stretch):
        return []


@dataclass
class MemoryBroker:
    """The broker's book, and what happens while it is asked."""

    passwords: dict[str, str] = field(default_factory=dict)
    away: bool = False
    first: Callable[[], None] = lambda: None
    meanwhile: Callable[[], None] = lambda: None

    def grant(self, device_id, password):
        self._ask()
        self.first()
        self.passwords[str(device_id)] = password
        self.meanwhile()

    def revoke(self, device_id):
        self._ask()
        self.passwords.pop(str(device_id), None)

    def known(self):
        self._ask()
        return set(self.passwords)

    def _ask(self):
        if self.away:
            raise Unavailable("the broker is away")


@dataclass
class Catalog:
    """What catalog would answer."""

    shop: ShopCopy | None = None
    asked: int = 0

    def ask(self, shop_id):
        self.asked += 1
        return self.shop if self.shop and self.shop.shop_id == shop_id else None


@dataclass
class World:
    """The application with everything around it."""

    app: EdgeGateway
    store: Store
    broker: MemoryBroker
    catalog: Catalog
    shop_id: UUID
    owner: UUID
    manager: UUID
    packer: UUID
    at: datetime = NOON

    def later(self, seconds: float) -> None:
        """Time passes."""
        self.at += timedelta(seconds=seconds)

    def reading(self, device_id: UUID, message_id: str = "1", **fields) -> Reading:
        """One person going in now."""
        told = {
            "counted_at": self.at,
            "received_at": self.at,
            "minute": self.at.replace(second=0),
            "entering": True,
            "people": 1,
            "seen_by": "cam",
            "skewed": False,
            **fields,
        }
        return Reading(device_id=device_id, message_id=message_id, **told)


@pytest.fixture
def world() -> World:
    """A shop with an owner, a manager and one of its staff, known to the service."""
    store, broker = Store(), MemoryBroker()

    @contextmanager
    def units() -> Iterator[MemoryUnit]:
        working = copy.deepcopy(store)
        yield MemoryUnit(working)
        vars(store).update(vars(working))  # committed whole, or not at all

    made = World(
        app=assemble(units, MemoryReader(store), broker, lambda: made.at),
        store=store,
        broker=broker,
        catalog=Catalog(),
        shop_id=uuid4(),
        owner=uuid4(),
        manager=uuid4(),
        packer=uuid4(),
    )
    people = {made.owner: Role.OWNER, made.manager: Role.MANAGER, made.packer: Role.PACKER}
    store.shops[made.shop_id] = ShopCopy(made.shop_id, 1, people)
    return made
