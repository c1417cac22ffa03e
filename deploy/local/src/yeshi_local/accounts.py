"""Broker users: each service may do on the bus what it is there for, and nothing else.

Events are published by the relay alone; the gateway publishes its webhooks. Calls go to `nameko-rpc` under the routing
keys of the services somebody may call, replies under a reply queue's own random key.
"""

from collections.abc import Callable

from yeshi_local.servers import Account

SERVICES = ("users", "catalog", "orders", "media", "notify", "edge-gateway")
CALLS = {
    "users": (),
    "catalog": ("users",),
    "orders": ("catalog", "users"),
    "media": ("catalog",),
    "notify": ("users", "catalog"),
    "edge-gateway": ("catalog",),
    "gateway": SERVICES,
}
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
EVERYTHING = ".*"


def accounts(password: Callable[[str], str]) -> list[Account]:
    """All accounts; `password` gives the secret of each name."""
    admin = Account("admin", password("admin"), EVERYTHING, EVERYTHING, EVERYTHING, administrator=True)
    relay = Account("relay", password("relay"), write=r"^[a-z-]+\.events$")
    return [admin, relay, gateway(password("gateway")), *(service(name, password(name)) for name in SERVICES)]


def service(name: str, password: str) -> Account:
    """A service: consumes its own queues, sends failed events on, calls whom it may call."""
    own = rf"rpc\.reply-{name}-.*"
    return Account(
        name,
        password,
        configure=f"^{own}$",
        write=rf"^({own}|nameko-rpc|retry\.[0-9]+s|dead)$",
        read=rf"^({own}|nameko-rpc|rpc-{name}|{name}\.events\.v1)$",
        topics=(("nameko-rpc", _callable(name)),),
    )


def gateway(password: str) -> Account:
    """The gateway: hears every event on a queue of its own and publishes verified webhooks."""
    own = r"(rpc\.reply-gateway-.*|gateway-events-.*)"
    return Account(
        "gateway",
        password,
        configure=f"^{own}$",
        write=rf"^({own}|nameko-rpc|gateway\.events)$",
        read=rf"^({own}|nameko-rpc|[a-z-]+\.events)$",
        topics=(("nameko-rpc", _callable("gateway")),),
    )


def _callable(name: str) -> str:
    targets = "|".join(CALLS[name])
    calls = rf"({targets})\.[a-z_]+|" if targets else ""
    return f"^({calls}{_UUID})$"
