"""Which addresses belong to the open world. Everything that is not surely public is refused."""

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: IPv6 ranges that reach an IPv4 address, or something local, under another name.
#: Source: RFC 6052, RFC 8215, RFC 3056, RFC 4380, RFC 4291 (2.5.5.1), RFC 3879, RFC 6666.
DISGUISES = tuple(
    ipaddress.IPv6Network(one)
    for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10", "100::/64")
)
#: IPv4 ranges that `is_global` lets pass in some releases of Python. Source: RFC 7526, RFC 7534, RFC 6890.
SPECIAL = tuple(ipaddress.IPv4Network(one) for one in ("192.88.99.0/24", "192.0.0.0/24", "240.0.0.0/4"))


def is_public(text: str) -> bool:
    """Whether a resolved address may be connected to. A scope id makes it local."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_global and not address.is_multicast and not _disguised(address)


def all_public(addresses: Sequence[str]) -> bool:
    """Whether there is an address, and none that is not public: a name that has both is a trap."""
    return bool(addresses) and all(is_public(one) for one in addresses)


def _disguised(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return any(address in one for one in SPECIAL)
    return bool(getattr(address, "scope_id", None)) or any(address in one for one in DISGUISES)
