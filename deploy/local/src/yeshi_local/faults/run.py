"""One run: a small shop under load, faults while it sells, healing, evidence, verdict."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from yeshi_local.faults.checker import check
from yeshi_local.faults.collect import Before, collect
from yeshi_local.faults.driver import Load
from yeshi_local.faults.evidence import Evidence
from yeshi_local.faults.killer import Killer
from yeshi_local.faults.ledger import Ledger
from yeshi_local.faults.tabs import Tab
from yeshi_local.platform import Platform
from yeshi_local.story.line_user import LineUser
from yeshi_local.story.people import Buyer, Seller, variant_of

HEALING = 60.0  # seconds until outboxes and queues must be empty


@dataclass(frozen=True)
class Event:
    """Something done `after` seconds of load, by hand of `act`."""

    after: float
    name: str
    act: Callable[[Platform], None]


@dataclass(frozen=True)
class Result:
    """What a run showed."""

    seed: int
    ledger: Ledger
    evidence: Evidence
    violations: dict[str, list[str]]
    unfinished: list[str]
    healed_after: float

    def table(self) -> str:
        """For a person."""
        orders = self.evidence.orders.values()
        states = {status: sum(order.status == status for order in orders) for status in ("to_ship", "void", "pending")}
        stalls = sorted(self.ledger.stalls()) or [0.0]
        lines = [
            f"seed {self.seed}",
            f"requests {len(self.ledger.attempts)}, promised {len(self.ledger.accepted_orders())} orders: {states}",
            f"kills {dict(self.evidence.kills)}",
            f"longest wait for a promise {stalls[-1]:.1f} s, healed {self.healed_after:.1f} s after the load",
        ]
        lines += [f"{name:>4}: {len(found)} violations {found[:2] or ''}" for name, found in self.violations.items()]
        return "\n".join([*lines, *(f"unfinished: {words}" for words in self.unfinished)])

    def bad(self) -> list[str]:
        """Every violation and every buyer who was never answered."""
        found = [f"{name}: {words}" for name, all_words in self.violations.items() for words in all_words]
        return [*found, *self.unfinished]


def run(
    platform: Platform,
    *,
    orders: int,
    rate: float,
    seed: int,
    kill: Sequence[str] = (),
    kill_every: float = 2.0,
    events: Sequence[Event] = (),
    stock: int | None = None,
    buyers: int = 16,
) -> Result:
    """`orders` of one piece each on a stock a fifth short of them, while `kill` are killed and `events` happen."""
    seller = Seller(platform.url, "風雨老闆", "風雨無阻")
    LineUser(platform.values["line.url"], "風雨老闆").bind(seller)
    pieces = stock if stock is not None else orders * 4 // 5
    share = max(1, pieces // 4)
    variants = [variant_of(seller.sell(f"耐用的商品 {number}", 100, share)) for number in range(4)]
    with ThreadPoolExecutor(8) as pool:
        crowd = list(pool.map(lambda number: Buyer(platform.url, f"買家 {number}"), range(buyers)))
    platform.settle()
    before = Before.look(platform)
    tabs = [Tab(seller.at(url), seller.user_id) for url in platform.gateways]
    load = Load(platform.gateways, crowd, seller.shop_id, variants, orders, rate, seed)
    with Killer(platform, kill, every=kill_every, seed=seed) as killer, _scheduled(platform, events):
        ledger = load.run()
    ended = time.monotonic()
    platform.wait_all(HEALING)
    platform.settle(HEALING)
    healed = time.monotonic() - ended
    wanted = len(platform.rows("notify", "SELECT 1 FROM notifications WHERE user_id = %s", seller.user_id))
    _until_shown(tabs, wanted)
    for tab in tabs:
        tab.close()
    people = [seller, *crowd]
    evidence = collect(platform, people=people, tabs=tabs, kills=killer.kills, before=before)
    return Result(seed, ledger, evidence, check(ledger, evidence), load.unfinished, healed)


def _until_shown(tabs: Sequence[Tab], wanted: int) -> None:
    """A tab that misses some is evidence, not an error here: the checker compares."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and any(len(tab.seqs()) < wanted for tab in tabs):
        time.sleep(0.1)


@contextmanager
def _scheduled(platform: Platform, events: Sequence[Event]) -> Iterator[None]:
    """Does each event at its time beside the block, and all of them before it ends."""
    started = time.monotonic()

    def act() -> None:
        for event in sorted(events, key=lambda one: one.after):
            time.sleep(max(0.0, started + event.after - time.monotonic()))
            event.act(platform)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(act)
        yield
        future.result()
