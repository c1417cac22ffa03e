"""Who is at the other end: the caller's address, and whose word about it is believed."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


class Addresses:
    """Reads a caller's address. Only a trusted proxy is believed about somebody else's."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._trusted: list[Network] = [ip_network(text, strict=False) for text in trusted]

    def of(self, peer: str, forwarded_for: str | None) -> str:
        """The caller's address: the peer, or the last address in X-Forwarded-For that no trusted proxy has.

        Whatever a caller wrote to the left of that is never looked at.
        """
        if not self._trusted or not forwarded_for or not self._is_trusted(peer):
            return peer
        caller = peer
        for hop in reversed(forwarded_for.split(",")):
            hop = hop.strip()
            if not _is_address(hop):
                return caller
            caller = hop
            if not self._is_trusted(hop):
                return caller
        return caller

    def _is_trusted(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
