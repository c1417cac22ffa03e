"""`python -m yeshi_local.faults [scene …]`: bad days on a platform of its own, one after the other."""

import argparse
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from yeshi_local.containers.platform import ComposePlatform
from yeshi_local.faults.bad_days import RATE, TWO_GATEWAYS, BadDay, bad_days
from yeshi_local.faults.replicas import REPLICAS
from yeshi_local.faults.report import Row, table, write
from yeshi_local.faults.run import Plan, Run
from yeshi_local.machine import ROOT
from yeshi_local.platform import Platform

#: The load comes from one address, and transfers that nobody makes are not waited for for long.
USUAL = {"LIMIT_FACTOR": "1000", "UNPAID_TIMEOUT_SECONDS": "6"}
KEPT = ROOT / ".run" / "faults"


def main(arguments: Sequence[str]) -> int:
    """Answers 1 when something was violated."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the platform is taken down on the way out
    days = bad_days()
    parser = _parser([day.name for day in days])
    asked = parser.parse_args(arguments)
    if asked.list:
        print("\n".join(f"{day.name:<22} {day.what}" for day in days))
        return 0
    playable = [day for day in days if day.proxied or not asked.compose]
    wanted = [day for day in playable if not asked.scenes or day.name in asked.scenes]
    if asked.compose and (asked.write or asked.durable or len(wanted) < len(asked.scenes)):
        parser.error(f"containers play {', '.join(day.name for day in playable)}, without --write and --durable")
    seed = asked.seed if asked.seed is not None else secrets.randbelow(10**6)

    def keep(rows: Sequence[Row]) -> None:
        if asked.write:
            write(asked.write, rows, [day.name for day in days])

    repeated = [day for day in wanted for _ in range(asked.rounds)]
    stage = _in_containers if asked.compose else partial(_natively, durable=asked.durable)
    rows, broken = _play(repeated, seed, asked.orders, stage=stage, keep=keep)
    print(f"\n{table(rows)}")
    for row in rows:
        for words in row.bad:
            print(f"{row.scene}: {words}")
    for words in broken:
        print(words)
    return 1 if broken or any(row.bad for row in rows) else 0


def _parser(names: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m yeshi_local.faults", description=__doc__)
    parser.add_argument("scenes", nargs="*", metavar="scene", help="which; all of them otherwise", choices=[[], *names])
    parser.add_argument("--list", action="store_true", help="names the scenes")
    parser.add_argument("--orders", type=int, help="orders in each scene, instead of its own number")
    parser.add_argument("--rounds", type=int, default=1, help="how often each scene is played")
    parser.add_argument("--seed", type=int, help="of the first scene; the others follow")
    parser.add_argument("--durable", action="store_true", help="PostgreSQL syncs what it writes")
    parser.add_argument(
        "--compose", action="store_true", help="the processes run in containers (docs/runbooks/containers.md)"
    )
    parser.add_argument("--write", type=Path, help="the page whose table gets the rows")
    return parser


def _natively(run: Path, *, durable: bool) -> Platform:
    return Platform(run, replicas=TWO_GATEWAYS, settings=USUAL, durable=durable)


def _in_containers(run: Path) -> Platform:
    return ComposePlatform(run, replicas=REPLICAS, settings=USUAL)


def _play(
    days: Sequence[BadDay],
    seed: int,
    orders: int | None,
    *,
    stage: Callable[[Path], Platform],
    keep: Callable[[Sequence[Row]], None],
) -> tuple[list[Row], list[str]]:
    """A row per scene, and what could not even be measured. `keep` gets the rows after each."""
    rows: list[Row] = []
    broken: list[str] = []
    with tempfile.TemporaryDirectory(prefix="yeshi-faults-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user than root
        platform = stage(Path(folder) / "run")
        try:
            platform.up()
            for number, day in enumerate(days):
                print(f"\n{day.name}: {day.what}", flush=True)
                try:
                    rows.append(_one(platform, day, seed + number, orders))
                    keep(rows)
                except Exception as error:  # noqa: BLE001 - a scene that breaks off is a finding; the next one goes on
                    broken.append(f"{day.name}: broke off with seed {seed + number}: {type(error).__name__}: {error}")
                    print(broken[-1], flush=True)
                    _mend(platform)
        finally:
            platform.reset()
    return rows, broken


def _mend(platform: Platform) -> None:
    """What is not ready says why, and is brought back for the next scene."""
    for name in platform.names():
        if not platform.is_ready(name):
            print(platform.tail(name, 12), flush=True)
    platform.up()


def _one(platform: Platform, day: BadDay, seed: int, orders: int | None) -> Row:
    replicas = day.replicas or TWO_GATEWAYS
    platform.change(replicas=replicas, settings=USUAL, proxied=day.proxied)
    platform.purge("dead")
    wrong, note = day.before(platform) if day.before else ([], "")
    plan = Plan(
        orders=orders or day.orders,
        rate=RATE,
        seed=seed,
        kill=day.kill(platform) if callable(day.kill) else day.kill,
        kill_every=day.kill_every,
        events=day.events,
        enough=day.enough,
        side=True,
        begin=lambda one: one.change(replicas=replicas, settings={**USUAL, **day.deadly}, proxied=day.proxied),
        end=lambda one: one.change(replicas=replicas, settings=USUAL, proxied=day.proxied),
        crashing=bool(day.deadly),
    )
    keep = KEPT / f"{day.name}-{seed}.jsonl"
    result = Run(platform, plan).play(keep)
    wrong += day.wrong(result) if day.wrong else []
    if day.buried is not None:
        dead = result.evidence.dead
        result = replace(result, violations={**result.violations, "I10": []})
        wrong += [] if dead == day.buried() else [f"F16: {dead} dead messages, {day.buried()} were sent"]
        platform.purge("dead")
    print(result.table(), flush=True)
    if wrong:
        result.ledger.save(keep)
        print(f"every request of it: {keep}", flush=True)
    for words in (*wrong, note):
        print(words, flush=True)
    return Row(day.name, f"{day.what}; {note}" if note else day.what, result, tuple(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
