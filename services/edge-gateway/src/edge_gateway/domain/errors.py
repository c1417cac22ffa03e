"""What edge-gateway refuses, by stable code."""

from chassis.errors import Kind, Refusal, Unavailable


class DeviceRemoved(Refusal):
    """A removed device does not come back: enrol a new one."""

    code = "device_removed"
    kind = Kind.CONFLICT


class TooManyDevices(Refusal):
    """The shop has as many devices as a shop may have."""

    code = "too_many_devices"
    kind = Kind.CONFLICT


class EnrolmentUnderWay(Unavailable):
    """The same device is being enrolled right now; two passwords at once would leave nobody knowing which one holds."""

    code = "enrolment_under_way"
