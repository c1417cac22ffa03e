"""What the use cases need from outside. Adapters implement it for real, tests in memory."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from edge_gateway.domain.device import Device
from edge_gateway.domain.footfall import Count, Stretch
from edge_gateway.domain.reading import CountsRecorded, Minute, Reading
from edge_gateway.domain.staff import ShopCopy
from kernel.rights import Role

Clock = Callable[[], datetime]


class ShopDirectory(Protocol):
    """The owner of shops and staff, asked once when the copy is missing or would refuse. Raises Unavailable."""

    def ask(self, shop_id: UUID) -> ShopCopy | None:
        """The shop with its staff, or None when the caller does not belong to it."""


class Broker(Protocol):
    """The MQTT broker's book of credentials. Everything raises Unavailable when it cannot be asked."""

    def grant(self, device_id: UUID, password: str) -> None:
        """From now on this password, and no other, lets the device in, to publish below its topic and nothing else."""

    def revoke(self, device_id: UUID) -> None:
        """At once nothing lets the device in any more; a connection it has ends."""

    def known(self) -> set[str]:
        """Names of everybody the broker lets in."""


class Shops(Protocol):
    """Copies of shops' staff."""

    def put(self, copies: Sequence[ShopCopy]) -> None:
        """Keeps those that are newer than what is there."""


class Devices(Protocol):
    """Devices of all shops."""

    def add(self, device: Device) -> bool:
        """False when the id is taken."""

    def get(self, device_id: UUID) -> Device | None:
        """The device, held until the transaction ends so that nobody else changes it meanwhile."""

    def count(self, shop_id: UUID) -> int:
        """How many a shop has, removed ones not counted. Enrolments of one shop take turns from here on."""

    def save(self, device: Device) -> None:
        """Writes a device that `get` held."""

    def revoked(self, device_id: UUID, at: datetime) -> None:
        """The broker has confirmed that a removed device is out. While an enrolment of it may still be under way that
        is not the last word, and is not kept.
        """

    def let_in_again(self, device_id: UUID) -> None:
        """If the device is removed, an enrolment that came late has let it in: nobody has confirmed that it is out."""

    def lost(self, credentials: Iterable[tuple[UUID, int]]) -> list[UUID]:
        """Active devices whose credential is still this one need another; answers which."""


@dataclass(frozen=True)
class Taken:
    """What became of readings: minutes as they stand now, and how many were new, seen before, of no known device."""

    minutes: Sequence[Minute]
    fresh: int
    seen: int
    unknown: int


class Readings(Protocol):
    """What devices counted."""

    def take(self, readings: Sequence[Reading]) -> Taken:
        """Keeps those that are new, each once, and adds them to their minutes."""


class UnitOfWork(Protocol):
    """One open transaction. What is published goes out when it commits."""

    shops: Shops
    devices: Devices
    readings: Readings

    def publish(self, *events: CountsRecorded) -> None:
        """Adds events to the transaction."""


Units = Callable[[], AbstractContextManager[UnitOfWork]]


class Reader(Protocol):
    """Questions that change nothing; each is one round trip."""

    def role(self, shop_id: UUID, user_id: UUID) -> Role | None:
        """What the user is in the shop, as far as the copy knows."""

    def devices(self, shop_id: UUID) -> list[Device]:
        """A shop's devices, oldest first, removed ones not among them."""

    def active(self) -> dict[UUID, int]:
        """Every active device and the number of its credential."""

    def to_revoke(self) -> list[UUID]:
        """Removed devices that the broker has not yet confirmed to be out."""

    def footfall(self, shop_id: UUID, stretch: Stretch) -> list[Count]:
        """Buckets with data, in order of time, over all devices of the shop."""
