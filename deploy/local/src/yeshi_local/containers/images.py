"""Which third-party packages each image holds: `python -m yeshi_local.containers.images > deploy/docker/packages.json`.

The names come from what the packages of this environment ask for; versions and hashes stay in constraints.txt.
"""

import json
import re
import sys
import tomllib
from importlib.metadata import requires

from packaging.requirements import Requirement

from yeshi_local.machine import ROOT

#: Where the source of each image is. Everything runs from the image of the service it belongs to.
SOURCES = {
    "users": "services/users",
    "catalog": "services/catalog",
    "orders": "services/orders",
    "media": "services/media",
    "notify": "services/notify",
    "edge-gateway": "services/edge-gateway",
    "gateway": "gateway",
}
#: The double of LINE, for development: not all that the native stack needs.
DOUBLE = "line"
DOUBLE_SOURCE = "deploy/local"
DOUBLE_NEEDS = ("msgspec", "granian", "cryptography", "pyjwt", "httpx", "setuptools")

PYTHON = {"python_version": "3.11", "python_full_version": "3.11.0"}  # of the base image


def packages() -> dict[str, list[str]]:
    """Image to the names of its third-party packages, sorted."""
    found = {image: _closure(_declared(source)) for image, source in SOURCES.items()}
    return {**found, DOUBLE: _closure([*map(Requirement, DOUBLE_NEEDS)])}


def _declared(source: str) -> list[Requirement]:
    """What a package of ours and those of ours it stands on ask for."""
    project = tomllib.loads((ROOT / source / "pyproject.toml").read_text())["project"]
    found: list[Requirement] = []
    for line in project["dependencies"]:
        requirement = Requirement(line)
        if not requirement.name.startswith("yeshi-"):
            found.append(requirement)
            continue
        library = f"libs/{requirement.name.removeprefix('yeshi-')}"
        found += _declared(library)
        extras = tomllib.loads((ROOT / library / "pyproject.toml").read_text())["project"]
        for extra in requirement.extras:
            found += map(Requirement, extras["optional-dependencies"][extra])
    return found


def _closure(wanted: list[Requirement]) -> list[str]:
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(wanted)
    while waiting:
        requirement = waiting.pop()
        entry = (_canonical(requirement.name), frozenset(requirement.extras))
        if entry in seen:
            continue
        seen.add(entry)
        asked = [Requirement(line) for line in requires(requirement.name) or []]
        waiting += [one for one in asked if _applies(one, ["", *requirement.extras])]
    return sorted({name for name, _ in seen})


def _applies(requirement: Requirement, extras: list[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({**PYTHON, "extra": extra}) for extra in extras)


def _canonical(name: str) -> str:
    """The name as the lock writes it. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def text() -> str:
    """The file."""
    return json.dumps(packages(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
