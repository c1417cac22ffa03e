"""What a server is to the stack: files to prepare, a command that stays in the foreground, a probe."""

import os
import pwd
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path


class ServerMissing(RuntimeError):
    """A program is not on this machine. The text says how to get it."""


class Server:
    """One server with its data below `home` and a port of loopback. Subclasses say how it is started and asked."""

    name = "server"
    stop_signal = "TERM"

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port

    @property
    def argv(self) -> list[str]:
        """The command, in the foreground."""
        raise TypeError(f"{type(self).__name__} has no command")

    @property
    def environment(self) -> Mapping[str, str]:
        """Variables added to the parent's."""
        return {}

    @property
    def user(self) -> str | None:
        """The user to run as, when it must not be root."""
        return None

    def prepare(self) -> None:
        """Makes the data directory and the configuration. Repeating it keeps the data."""
        self.home.mkdir(parents=True, exist_ok=True)

    def probe(self) -> None:
        """Raises until the server serves."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=1):
            pass

    def settle(self) -> None:
        """What is done once it serves: accounts, databases. Repeating it changes nothing."""


def program(name: str, *places: str, package: str) -> str:
    """Where a program is: on PATH or in one of the places. Raises ServerMissing, naming the Debian package."""
    found = shutil.which(name) or next((place for place in places if os.access(place, os.X_OK)), None)
    if not found:
        raise ServerMissing(f"{name} is not installed: apt-get install {package}")
    return found


def reachable_by(user: str, path: Path) -> bool:
    """Whether another user may enter every folder above `path`."""
    account = pwd.getpwnam(user)
    for folder in reversed(path.resolve().parents):
        if not folder.exists():
            return True
        status = folder.stat()
        mode = status.st_mode
        if status.st_uid == account.pw_uid:
            allowed = mode & 0o100
        elif status.st_gid == account.pw_gid:
            allowed = mode & 0o010
        else:
            allowed = mode & 0o001
        if not allowed:
            return False
    return True
