"""Writes constraints.txt: every third-party package of ours, pinned with hashes and without index addresses.

Run it with `make lock` after changing a dependency. Pins that are there stay; `make lock u=name` raises one, and
`u=--all` raises all. It needs `uv`, a tool for whoever changes dependencies.
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = ["uv", "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes"]
COMPILE += ["--no-emit-index-url", "--no-header", "--no-annotate", "--quiet"]
HEADER = "# Made by `make lock` from every pyproject.toml and deploy/requirements-dev.in. Do not edit.\n"


def declared() -> list[str]:
    """Every third-party requirement that a package of ours names, with those of the checks."""
    wanted: set[str] = set()
    for pyproject in sorted(ROOT.glob("*/pyproject.toml")) + sorted(ROOT.glob("*/*/pyproject.toml")):
        project = tomllib.loads(pyproject.read_text())["project"]
        wanted.update(d for d in project.get("dependencies", []) if not d.startswith("yeshi-"))
    lines = (ROOT / "deploy" / "requirements-dev.in").read_text().splitlines()
    wanted.update(line for line in lines if line and not line.startswith("#"))
    return sorted(wanted)


def main() -> int:
    target = ROOT / "constraints.txt"
    raised = sys.argv[1:]
    upgrade = ["--upgrade"] if "--all" in raised else [f"--upgrade-package={name}" for name in raised]
    with tempfile.TemporaryDirectory() as folder:
        source, compiled = Path(folder) / "all.in", Path(folder) / "constraints.txt"
        source.write_text("\n".join(declared()) + "\n")
        compiled.write_text(target.read_text())  # uv keeps the pins it finds in the file it writes
        subprocess.run([*COMPILE, *upgrade, str(source), "-o", str(compiled)], check=True, stdout=subprocess.DEVNULL)
        target.write_text(HEADER + compiled.read_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
