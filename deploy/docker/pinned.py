"""Prints the lines of constraints.txt, versions and hashes, for one image: `python pinned.py orders`.

Runs inside the build on nothing but the standard library. packages.json names the packages of each image.
"""

import json
import sys
from pathlib import Path


def pinned(names: set[str], constraints: str) -> str:
    """The entries of these packages. Raises KeyError when one is not pinned."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in constraints.splitlines():
        if line.startswith("#"):
            continue
        if not line.startswith(" "):
            name = line.partition("==")[0].strip()
        if name in names:
            found.setdefault(name, []).append(line)
    if missing := names - set(found):
        raise KeyError(f"not pinned in constraints.txt: {', '.join(sorted(missing))}")
    return "".join(f"{line}\n" for lines in found.values() for line in lines)


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    wanted = set(json.loads((here / "packages.json").read_text())[sys.argv[1]])
    sys.stdout.write(pinned(wanted, Path(sys.argv[2]).read_text()))
