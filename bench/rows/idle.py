"""What processes cost while nothing is asked of them: memory (PSS) and CPU."""

import time

from bench import small
from bench.figures import Row, at_most
from bench.groups import tree
from bench.measure import cpu_seconds, pss_mib
from bench.world import World

PLAIN = "a plain nameko process with the same drivers"
SECONDS = 6.0  # in each round
DOUBLES = ("line", "mailbox")  # of others' services, on this machine only
COMPARED = ("users", "catalog", "orders")


def run(world: World, rounds: int) -> Row:
    """Ours and the peer's echo after their start. Doubles of others are not ours to count."""
    row = Row("idle", "idle memory (PSS) and CPU")
    world.platform.settle()
    peer = small.echo(world, world.vhost("echo-idle"))
    time.sleep(3)
    names = [name for name in world.platform.names() if name not in DOUBLES and world.platform.pid(name)]
    trees = {name: tree(world.platform.pid(name)) for name in names} | {PLAIN: tree(peer.pid)}
    memory: dict[str, list[float]] = {name: [] for name in trees}
    cpu: dict[str, list[float]] = {name: [] for name in trees}
    for _ in range(rounds):
        before = {name: cpu_seconds(pids) for name, pids in trees.items()}
        began = time.monotonic()
        time.sleep(SECONDS)
        took = time.monotonic() - began
        for name, pids in trees.items():
            cpu[name].append((cpu_seconds(pids) - before[name]) / took * 100)
            memory[name].append(pss_mib(pids))
    peer.kill()
    plain = row.add(PLAIN, "MiB", memory[PLAIN])
    row.add(f"{PLAIN}, CPU", "% of a core", cpu[PLAIN])
    sizes = {name: row.add(name, "MiB", memory[name]) for name in names}
    together = row.add("all our processes", "MiB", [sum(memory[name][at] for name in names) for at in range(rounds)])
    busy = row.add(
        "all our processes, CPU", "% of a core", [sum(cpu[name][at] for name in names) for at in range(rounds)]
    )
    means = {name: sum(cpu[name]) / rounds for name in names}
    row.notes.append(
        "CPU: " + ", ".join(f"{name} {means[name]:.2f} %" for name in sorted(means, key=lambda one: -means[one]))
    )
    row.verdicts = [
        *(at_most(f"{name}: times plain nameko", sizes[name].median / plain.median, 1.5, " ×") for name in COMPARED),
        at_most("all our processes", together.median, 800, " MiB"),
        at_most("all our processes, CPU", busy.median, 3, " %"),
    ]
    return row
