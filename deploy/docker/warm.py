"""Loads every module of an image's program once: `python warm.py orders`.

Python's own images hold no compiled modules, and a container writes none, so each start would compile the standard
library anew. What is loaded here as root stays compiled. An image that lacks something a module needs is not built.
"""

import importlib
import pkgutil
import sys

PROGRAMS = {"edge-gateway": ["edge_gateway"], "line": ["yeshi_local.line", "yeshi_local.mailbox"]}


def modules(program: str) -> list[str]:
    """The names of a package and of all modules in it, but for those that run when they are loaded."""
    package = importlib.import_module(program)
    found = (one.name for one in pkgutil.walk_packages(package.__path__, f"{program}."))
    return [program, *(name for name in found if not name.endswith(".__main__"))]


if __name__ == "__main__":
    for program in PROGRAMS.get(sys.argv[1], [sys.argv[1]]):
        for name in modules(program):
            importlib.import_module(name)
