"""The proxy in front of the gateways, natively: HAProxy with the settings that the containers' proxy has."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from yeshi_local.servers.base import program

#: For how long a gateway that goes serves on: longer than the proxy needs to see that it is not ready any more.
DRAIN_SECONDS = "4"
#: Words of a `server-template` that only names from a DNS need, each with its value.
_OF_NAMES = ("resolvers", "init-addr")


@dataclass(frozen=True)
class Behind:
    """One gateway: where it serves, and the port where it says whether it is ready."""

    address: str
    health_port: int


def native(text: str, address: str, gateways: Mapping[str, Behind]) -> str:
    """The containers' configuration for a door at `address` and gateways that do not move.

    Every setting stays; only the names of the containers' network become addresses. Raises ValueError when `text` has
    not exactly one door and one template.
    """
    sections = [section for section in _sections(text) if not section[0].startswith("resolvers ")]
    lines = [line for section in sections for line in section]
    found = [_kind(line) for line in lines if _kind(line)]
    if sorted(found) != ["bind", "server-template"]:
        raise ValueError(f"one bind and one server-template are needed, there are: {', '.join(found) or 'none'}")
    written: list[str] = []
    for line in lines:
        match _kind(line):
            case "bind":
                written.append(f"    bind {address}")
            case "server-template":
                written += [_server(line, name, gateway) for name, gateway in gateways.items()]
            case _:
                written.append(line)
    return "\n".join(written) + "\n"


def command(run: Path, text: str) -> tuple[str, ...]:
    """HAProxy with this configuration, which is written below `run`: another one is another command, and so starts it
    anew. Raises ServerMissing.
    """
    file = run / f"haproxy-{hashlib.sha256(text.encode()).hexdigest()[:8]}.cfg"
    file.write_text(text)
    return program("haproxy", "/usr/sbin/haproxy", package="haproxy"), "-db", "-f", str(file)


def _sections(text: str) -> list[list[str]]:
    """Lines by section: each begins with a word at the margin. What stands before the first is one too."""
    sections: list[list[str]] = [[""]]
    for line in text.splitlines():
        if line and not line.startswith((" ", "#")):
            sections.append([])
        sections[-1].append(line)
    return sections


def _kind(line: str) -> str:
    word = line.split()[0] if line.strip() else ""
    return word if word in ("bind", "server-template") else ""


def _server(line: str, name: str, gateway: Behind) -> str:
    """The options follow `server-template <prefix> <how many> <address>`."""
    words = iter(line.partition("#")[0].split()[4:])
    options: list[str] = []
    for word in words:
        if word in _OF_NAMES:
            next(words)
        elif word == "port":
            next(words)
            options += ["port", str(gateway.health_port)]
        else:
            options.append(word)
    return f"    server {name} {gateway.address} {' '.join(options)}"
