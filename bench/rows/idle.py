"""What processes cost while nothing is asked of them: memory (PSS) and CPU."""

import time

from bench import small
from bench.figures import Row, at_most
from bench.groups import tree
from bench.measure import cpu_seconds, pss_mib
from bench.world import World

SECONDS = 15.0
COMPARED = ("users", "catalog", "orders")


def run(world: World, rounds: int) -> Row:
    """Ours after the market has opened, the peer's echo after its start. The double of LINE is not ours to count."""
    row = Row("idle", "idle memory (PSS) and CPU")
    world.platform.settle()
    peer = small.echo(world, world.vhost("echo-idle"))
    time.sleep(2)
    names = [name for name in world.platform.names() if name != "line" and world.platform.pid(name)]
    trees = {name: tree(world.platform.pid(name)) for name in names}
    together: list[float] = []
    before = {name: cpu_seconds(pids) for name, pids in trees.items()}
    plain_before = cpu_seconds([peer.pid])
    began = time.monotonic()
    time.sleep(SECONDS)
    took = time.monotonic() - began
    cpu = {name: (cpu_seconds(pids) - before[name]) / took * 100 for name, pids in trees.items()}
    plain_cpu = (cpu_seconds([peer.pid]) - plain_before) / took * 100
    memory = {name: pss_mib(pids) for name, pids in trees.items()}
    plain = pss_mib(tree(peer.pid))
    together.append(sum(memory.values()))
    peer.kill()
    row.add("a plain nameko process with the same drivers", "MiB", [plain])
    row.add("a plain nameko process, CPU", "%", [plain_cpu])
    for name in names:
        row.add(name, "MiB", [memory[name]])
    row.add("all our processes", "MiB", together)
    row.add("all our processes, CPU", "% of a core", [sum(cpu.values())])
    row.samples["CPU, % of a core"] = {name: round(value, 2) for name, value in cpu.items()}
    row.notes.append("CPU: " + ", ".join(f"{name} {value:.2f} %" for name, value in sorted(cpu.items(), key=lambda one: -one[1])))
    row.verdicts = [
        *(at_most(f"{name}: times plain nameko", memory[name] / plain, 1.5, " ×") for name in COMPARED),
        at_most("all our processes", together[0], 800, " MiB"),
        at_most("all our processes, CPU", sum(cpu.values()), 3, " %"),
    ]
    return row
