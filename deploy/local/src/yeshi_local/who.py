"""Who holds a port. Source: proc(5), /proc/net/tcp."""

from contextlib import suppress
from pathlib import Path

LISTEN = "0A"


def holder(port: int) -> str | None:
    """`name (pid)` of the process that listens on a TCP port, if it can be seen from here."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if int(fields[1].rpartition(":")[2], 16) == port and fields[3] == LISTEN:
                    inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if any(str(link.readlink()) in inodes for link in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
    return None
