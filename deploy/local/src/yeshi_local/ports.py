"""Private ports: free when they are chosen, remembered afterwards."""

import json
import socket
from pathlib import Path


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether somebody listens on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def remembered(file: Path, names: list[str]) -> dict[str, int]:
    """A port for each name: the one chosen earlier, or a new free one, which is then remembered."""
    ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    for name in names:
        while name not in ports or list(ports.values()).count(ports[name]) > 1:
            ports[name] = free_port()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(ports, indent=2) + "\n")
    return ports
