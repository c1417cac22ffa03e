"""Enrolling door devices, and taking them out again.

The database says first what is to be, then the broker is told, then the database says that it is so: whoever dies on
the way is caught up by a retry or by `reconcile`. A removed device's readings are refused from the first step on.
"""

from dataclasses import dataclass, field
from uuid import UUID

from chassis.errors import Missing, Unavailable
from edge_gateway.application.ports import Broker, Clock, Reader, ShopDirectory, Units
from edge_gateway.application.staffing import Staffing
from edge_gateway.domain.device import MOST_DEVICES, Device, State, device_name
from edge_gateway.domain.errors import TooManyDevices
from kernel.rights import Right


@dataclass(frozen=True)
class EnrolDevice:
    """A device gets its credentials. Id and password are made by the caller, so that running it again changes nothing;
    the same id with another password replaces the one before.
    """

    by: UUID
    device_id: UUID
    shop_id: UUID
    name: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class RenewDevice:
    """A device that is there gets another password, made by the caller as at its enrolment."""

    by: UUID
    device_id: UUID
    shop_id: UUID
    password: str = field(repr=False)


@dataclass(frozen=True)
class Reconciled:
    """What was mended: removed devices that may still have been let in, and those whose credentials the broker lost."""

    revoked: list[UUID]
    lost: list[UUID]


class DeviceDesk:
    """Use cases of devices."""

    def __init__(self, units: Units, reader: Reader, staffing: Staffing, broker: Broker, now: Clock) -> None:
        self._units = units
        self._reader = reader
        self._staffing = staffing
        self._broker = broker
        self._now = now

    def enrol(self, command: EnrolDevice, directory: ShopDirectory) -> Device:
        """The device, let in by this password and no other.

        Raises Missing, RoleRequired, Invalid, TooManyDevices, DeviceRemoved, EnrolmentUnderWay, Unavailable.
        """
        self._staffing.require(command.by, command.shop_id, Right.EDIT_DOORS, directory)
        return self._let_in(self._begin(command), command.password)

    def renew(self, command: RenewDevice, directory: ShopDirectory) -> Device:
        """The device, let in by this password and no other from now on; who it is and what it counted stays.

        Raises Missing, RoleRequired, DeviceRemoved, EnrolmentUnderWay, Unavailable.
        """
        self._staffing.require(command.by, command.shop_id, Right.EDIT_DOORS, directory)
        with self._units() as unit:
            device = unit.devices.get(command.device_id)
            if device is None or device.shop_id != command.shop_id:
                raise Missing
            device.begin_enrolment(device.name, self._now())
            unit.devices.save(device)
        return self._let_in(device, command.password)

    def list(self, by: UUID, shop_id: UUID, directory: ShopDirectory) -> list[Device]:
        """The shop's devices, for those who work there. Raises Missing."""
        self._staffing.require(by, shop_id, Right.SEE_DOORS, directory)
        return self._reader.devices(shop_id)

    def remove(self, by: UUID, shop_id: UUID, device_id: UUID, directory: ShopDirectory) -> None:
        """Locks the device out; repeating it changes nothing. Raises Missing, RoleRequired, Unavailable.

        Unavailable comes when the broker cannot be told: what the device sends is refused already, and it is locked out
        by a retry or within a minute of the broker's return.
        """
        self._staffing.require(by, shop_id, Right.EDIT_DOORS, directory)
        with self._units() as unit:
            device = unit.devices.get(device_id)
            if device is None or device.shop_id != shop_id:
                raise Missing
            device.remove()
            unit.devices.save(device)
        self._revoke(device_id)

    def reconcile(self) -> Reconciled:
        """Tells the broker what it missed, and finds out what it has lost. Raises Unavailable."""
        removed = self._reader.to_revoke()
        for device_id in removed:
            self._revoke(device_id)
        active = self._reader.active()  # read before the broker is asked: who is enrolled meanwhile is not missed
        known = self._broker.known()
        missing = [(device_id, number) for device_id, number in active.items() if str(device_id) not in known]
        if not missing:
            return Reconciled(removed, [])
        with self._units() as unit:
            lost = unit.devices.lost(missing)
        return Reconciled(removed, lost)

    def _begin(self, command: EnrolDevice) -> Device:
        now = self._now()
        with self._units() as unit:
            device = unit.devices.get(command.device_id)
            if device is None:
                if unit.devices.count(command.shop_id) >= MOST_DEVICES:
                    raise TooManyDevices(f"a shop has at most {MOST_DEVICES} devices", most=MOST_DEVICES)
                unit.devices.add(Device(command.device_id, command.shop_id, device_name(command.name), now))
                device = unit.devices.get(command.device_id)
            if device is None or device.shop_id != command.shop_id:
                raise Missing
            device.begin_enrolment(command.name, now)
            unit.devices.save(device)
        return device

    def _let_in(self, device: Device, password: str) -> Device:
        """Tells the broker what was begun. Raises Missing when the device was removed meanwhile, Unavailable."""
        try:
            self._broker.grant(device.id, password)
        except Unavailable:
            self._give_up(device)
            raise
        if not self._finish(device):
            self._revoke(device.id)
            raise Missing
        return device

    def _finish(self, begun: Device) -> bool:
        with self._units() as unit:
            device = unit.devices.get(begun.id)
            if device is None:
                return False
            finished = device.finish_enrolment(begun.credential)
            if not finished:
                device.give_up_enrolment(begun.credential)
                unit.devices.let_in_again(begun.id)
            unit.devices.save(device)
        if finished:
            begun.state = State.ACTIVE
        return finished

    def _give_up(self, begun: Device) -> None:
        with self._units() as unit:
            device = unit.devices.get(begun.id)
            if device is not None:
                device.give_up_enrolment(begun.credential)
                unit.devices.save(device)

    def _revoke(self, device_id: UUID) -> None:
        self._broker.revoke(device_id)
        with self._units() as unit:
            unit.devices.revoked(device_id, self._now())
