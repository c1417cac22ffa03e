"""The asyncio side of the bus: connections that come back, RPC and events. Knows no nameko."""

from chassis.aio.bus import Bus, RemoteFailure
from chassis.aio.coalesce import Coalescer
from chassis.aio.link import Link
from chassis.aio.stream import EventStream

__all__ = ["Bus", "Coalescer", "EventStream", "Link", "RemoteFailure"]
