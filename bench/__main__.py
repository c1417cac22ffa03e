"""`python -m bench [row …] [--rounds N]`, `python -m bench page`: measures, prints a table, keeps the figures."""

import argparse
import sys
import time
from collections.abc import Callable

from bench import measure, results
from bench.figures import Row, show, table
from bench.rows import ROWS, USUAL
from bench.world import World, world

ROUNDS = 3


def main(arguments: list[str]) -> int:
    """The command line. Answers 0, also when a budget is missed: the table says so."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="row", help=f"{', '.join(ROWS)}, or page; {len(USUAL)} without any")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--minutes", type=float, default=10.0, help="of the soak")
    asked = parser.parse_args(arguments)
    if asked.rows == ["page"]:
        from bench import page

        print(page.write())
        return 0
    if unknown := set(asked.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    about = measure.machine()
    chosen = {name: ROWS[name] for name in asked.rows or USUAL}
    started = time.monotonic()
    with world() as here:
        here.minutes = asked.minutes
        rows = [_one(name, work, here, asked.rounds, about) for name, work in chosen.items()]
    print(f"\nAll rows, {time.monotonic() - started:.0f} s on {about['cpu']}, {about['cores']} cores\n")
    cells = [
        [row.name, one.what, one.budget, one.figure, "met" if one.met else "MISSED"]
        for row in rows
        for one in row.verdicts
    ]
    print(table(["row", "", "budget", "figure", "verdict"], cells))
    return 0


def _one(name: str, work: Callable[[World, int], Row], here: World, rounds: int, about: dict[str, object]) -> Row:
    started = time.monotonic()
    row = work(here, rounds)
    row.seconds = time.monotonic() - started
    print(show(row), flush=True)
    results.keep([row], {**about, "load_after": measure.machine()["load_before"], "rounds": rounds})
    return row


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
