"""The RPC methods: each decodes, hands over and encodes. They are plain functions that run in threads."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from chassis import clock
from chassis.aio.server import Method
from chassis.clock import rfc3339
from chassis.decode import Payload, Principal, caller, new, request, there
from chassis.errors import Invalid
from contracts import edge as contract
from edge_gateway.adapters.shop_directory import RpcShopDirectory
from edge_gateway.application.devices import EnrolDevice, RenewDevice
from edge_gateway.bootstrap import EdgeGateway
from edge_gateway.domain.device import Device, State, topic
from edge_gateway.domain.footfall import Bucket, Count, Stretch

AskCatalog = Callable[[Principal, str, dict[str, Any]], Any]


_STATES: dict[State, Literal["enrolling", "active", "needs_enrolment"]] = {
    State.ENROLLING: "enrolling",
    State.ACTIVE: "active",
    State.NEEDS_ENROLMENT: "needs_enrolment",
}


class Methods:
    """`ask_catalog(principal, method, payload)` blocks; devices are told `host` and `port`."""

    def __init__(self, app: EdgeGateway, ask_catalog: AskCatalog, host: str, port: int) -> None:
        self._app = app
        self._ask_catalog = ask_catalog
        self._host = host
        self._port = port

    def table(self) -> dict[str, Method]:
        """Methods by name, ready for the server."""
        return {
            method.__name__: _in_a_thread(method)
            for method in (
                self.enrol_device,
                self.renew_device,
                self.list_devices,
                self.remove_device,
                self.footfall,
            )
        }

    def enrol_device(self, principal: Principal, payload: Payload) -> Any:
        """Contract `EnrolDevice`."""
        by, asked = caller(principal), request(payload, contract.EnrolDevice)
        command = EnrolDevice(by, new(asked.device_id, "device_id"), there(asked.shop_id), asked.name, asked.password)
        return self._enrolled(self._app.devices.enrol(command, self._directory(principal)), asked.password)

    def renew_device(self, principal: Principal, payload: Payload) -> Any:
        """Contract `RenewDevice`."""
        by, asked = caller(principal), request(payload, contract.RenewDevice)
        command = RenewDevice(by, there(asked.device_id), there(asked.shop_id), asked.password)
        return self._enrolled(self._app.devices.renew(command, self._directory(principal)), asked.password)

    def list_devices(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ShopId`."""
        by, asked = caller(principal), request(payload, contract.ShopId)
        devices = self._app.devices.list(by, there(asked.shop_id), self._directory(principal))
        return contract.Devices(items=[_device(one) for one in devices])

    def remove_device(self, principal: Principal, payload: Payload) -> Any:
        """Contract `DeviceId`."""
        by, asked = caller(principal), request(payload, contract.DeviceId)
        self._app.devices.remove(by, there(asked.shop_id), there(asked.device_id), self._directory(principal))

    def footfall(self, principal: Principal, payload: Payload) -> Any:
        """Contract `Footfall`."""
        by, asked = caller(principal), request(payload, contract.Footfall)
        stretch = Stretch(_moment(asked.from_, "from"), _moment(asked.to, "to"), Bucket(asked.bucket))
        counts = self._app.visiting.footfall(by, there(asked.shop_id), stretch, self._directory(principal))
        return contract.FootfallBuckets(buckets=[_bucket(one) for one in counts])

    def _enrolled(self, device: Device, password: str) -> contract.Enrolled:
        name = str(device.id)
        mqtt = contract.Mqtt(host=self._host, port=self._port, username=name, password=password, topic=topic(device.id))
        return contract.Enrolled(device_id=name, shop_id=str(device.shop_id), name=device.name, mqtt=mqtt)

    def _directory(self, principal: Principal) -> RpcShopDirectory:
        return RpcShopDirectory(lambda method, payload: self._ask_catalog(principal, method, payload))


def _in_a_thread(method: Callable[[Principal, Payload], Any]) -> Method:
    async def run(principal: Any, payload: Any) -> Any:
        return await asyncio.to_thread(method, principal, payload)

    return run


def _moment(text: str, field: str) -> datetime:
    try:
        return clock.parse(text)
    except (ValueError, OverflowError):
        raise Invalid(f"{field} is not a time with an offset (RFC 3339)", field=field) from None


def _device(one: Device) -> contract.Device:
    return contract.Device(
        device_id=str(one.id),
        shop_id=str(one.shop_id),
        name=one.name,
        created_at=rfc3339(one.created_at),
        last_seen_at=rfc3339(one.last_seen_at) if one.last_seen_at else None,
        state=_STATES[one.state],
    )


def _bucket(one: Count) -> contract.FootfallBucket:
    return contract.FootfallBucket(start=rfc3339(one.start), in_=one.entered, out=one.left)
