"""Prints which of our libraries a package asks for, as folders: `python libraries.py services/orders`.

Runs inside the build on nothing but the standard library. An image holds these alone, as packages.json counts on.
"""

import re
import sys
import tomllib
from pathlib import Path


def libraries(source: Path) -> list[str]:
    """`./libs/…` of each library that `source` names among its dependencies, in that order."""
    asked = tomllib.loads((source / "pyproject.toml").read_text())["project"]["dependencies"]
    return [f"./libs/{found[1]}" for line in asked if (found := re.match(r"yeshi-([a-z-]+)", line))]


if __name__ == "__main__":
    print(*libraries(Path(sys.argv[1])))
