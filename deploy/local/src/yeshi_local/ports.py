"""Private ports: free when they are chosen, remembered afterwards."""

import contextlib
import json
import os
import random
import socket
from pathlib import Path

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 10_000

_given: set[int] = set()  # by this process


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now, and that this process was not given before: whoever was may
    not listen on it yet.

    It is chosen at random below the range from which the kernel takes the ports of outgoing connections: one of those
    could hold it just when its server starts again. Test workers beside each other choose from shares of their own.
    Raises OSError when a thousand tries find none.
    """
    end = int(EPHEMERAL.read_text().split()[0]) if EPHEMERAL.exists() else 32_768
    share = max(end - LOWEST, 8 * 500) // 8
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    for _ in range(1000):
        port = LOWEST + worker * share + random.randrange(share)
        if port in _given:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port
    raise OSError("no free port on loopback")


def is_taken(port: int) -> bool:
    """Whether somebody listens on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def remembered(file: Path, names: list[str], apart_from: int) -> dict[str, int]:
    """A port for each name, none of them `apart_from`: the one chosen earlier, or a new free one, which is then
    remembered.
    """
    ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    for name in names:
        while name not in ports or [apart_from, *ports.values()].count(ports[name]) > 1:
            ports[name] = free_port()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(ports, indent=2) + "\n")
    return ports
