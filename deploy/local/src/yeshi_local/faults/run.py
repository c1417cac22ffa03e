"""One run: a small shop under load, faults while it sells, healing, evidence, verdict."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import groupby

from yeshi_local.faults.checker import check
from yeshi_local.faults.collect import Before, collect
from yeshi_local.faults.driver import Load
from yeshi_local.faults.evidence import Evidence
from yeshi_local.faults.killer import Killer
from yeshi_local.faults.ledger import Ledger
from yeshi_local.faults.sideload import SideLoad
from yeshi_local.faults.tabs import Tab
from yeshi_local.platform import Platform
from yeshi_local.story.line_user import LineUser
from yeshi_local.story.people import Buyer, Seller, variant_of

HEALING = 60.0  # seconds until outboxes and queues must be empty
PUSHING = 90.0  # and until every push is out: after half a minute of failing, the next try is half a minute away
SLOW = 15.0  # seconds: a checkout that waited longer for its promise is printed try by try


@dataclass(frozen=True)
class Event:
    """Something done `after` seconds of load, by hand of `act`; one after the other, never two at once."""

    after: float
    name: str
    act: Callable[[Platform], object]


@dataclass(frozen=True)
class Result:
    """What a run showed."""

    seed: int
    ledger: Ledger
    evidence: Evidence
    violations: dict[str, list[str]]
    unfinished: list[str]
    healed_after: float  # seconds from the end of the load until all is ready and every queue empty
    delivered_after: float  # and until no push waits
    spans: list[tuple[float, float]] = field(default_factory=list)  # of each event, seconds since the epoch

    def recovered_after(self) -> float:
        """Seconds from the end of an event to the next promise, the longest of all events."""
        waits = [self.ledger.promised_after(end) for _, end in self.spans]
        return max((wait for wait in waits if wait is not None), default=0.0)

    def fault_lasted(self) -> float:
        """Seconds of the longest event."""
        return max((end - begin for begin, end in self.spans), default=0.0)

    def table(self) -> str:
        """For a person."""
        orders = self.evidence.orders.values()
        states = {status: sum(order.status == status for order in orders) for status in ("to_ship", "void", "pending")}
        stalls = sorted(self.ledger.stalls()) or [0.0]
        lines = [
            f"seed {self.seed}",
            f"requests {len(self.ledger.attempts)}, promised {len(self.ledger.accepted_orders())} orders: {states}",
            f"kills {dict(self.evidence.kills)}",
            f"longest fault {self.fault_lasted():.1f} s",
            f"longest wait for a promise {stalls[-1]:.1f} s, longest answer {self.ledger.longest_answer():.1f} s, "
            f"next promise after a fault {self.recovered_after():.1f} s",
            f"healed {self.healed_after:.1f} s after the load, pushed {self.delivered_after:.1f} s after it",
            f"tried again after {dict(self.ledger.failures())}",
        ]
        if stalls[-1] > SLOW:
            lines += self._slowest()
        lines += [f"{name:>4}: {len(found)} violations {found[:2] or ''}" for name, found in self.violations.items()]
        return "\n".join([*lines, *(f"unfinished: {words}" for words in self.unfinished)])

    def _slowest(self) -> list[str]:
        """The tries of the slowest checkout; those that heard the same in a row are one line."""
        tries = self.ledger.slowest()
        lines = []
        for (status, code), same in groupby(tries, key=lambda one: (one.status, one.code)):
            run = list(same)
            begin, end = run[0].sent_at - tries[0].sent_at, run[-1].answered_at - tries[0].sent_at
            lines.append(f"  slowest: {begin:5.1f} to {end:5.1f} s, {len(run)} tries: {status} {code}")
        return lines

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
    side: bool = False,
    begin: Callable[[Platform], None] | None = None,
    end: Callable[[Platform], None] | None = None,
    crashing: bool = False,
) -> Result:
    """`orders` of one piece each on a stock a fifth short of them, while `kill` are killed and `events` happen.

    With `side` the seller uploads photos, describes products anew, has a door counted and hears the bell by SNS too.
    `begin` is called when everybody is there and nothing has been ordered, `end` when all is ordered: what `begin` did
    is over. With `crashing` the processes kill themselves in between, and each such end counts as a kill.
    """
    seller, crowd = _people(platform, buyers)
    pieces = stock if stock is not None else orders * 4 // 5
    share = max(1, pieces // 4)
    variants = [variant_of(seller.sell(f"耐用的商品 {number}", 100, share)) for number in range(4)]
    beside = _beside(platform, seller, seed) if side else None
    platform.settle()
    if begin is not None:
        begin(platform)
    before = Before.look(platform)
    one_door = len(platform.gateways) == 1
    tabs = [Tab(seller.at(url), seller.user_id) for url in platform.gateways * (2 if one_door else 1)]
    load = Load(platform.gateways, crowd, seller.shop_id, variants, orders, rate, seed, kept=one_door)
    spans: list[tuple[float, float]] = []
    with ExitStack() as stack:
        if beside is not None:
            stack.enter_context(beside)
        killer = stack.enter_context(Killer(platform, kill, every=kill_every, seed=seed))
        stack.enter_context(_scheduled(platform, events, spans))
        ledger = load.run()
    if end is not None:
        end(platform)
    ended = time.monotonic()
    platform.wait_all(HEALING)
    platform.settle(HEALING)
    healed = time.monotonic() - ended
    _wait(lambda: not platform.rows("notify", WAITING), PUSHING)
    pushed = time.monotonic() - ended
    wanted = len(platform.rows("notify", "SELECT 1 FROM notifications WHERE user_id = %s", seller.user_id))
    _wait(lambda: all(len(tab.seqs()) >= wanted for tab in tabs), 15)
    for tab in tabs:
        tab.close()
    evidence = collect(platform, people=[seller, *crowd], tabs=tabs, kills=killer.kills, before=before)
    if crashing:
        evidence.kills = {name: platform.killed(name) - before.killed[name] for name in platform.names()}
    if beside is not None:
        beside.look(evidence)
    return Result(seed, ledger, evidence, check(ledger, evidence), load.unfinished, healed, pushed, spans)


WAITING = "SELECT 1 FROM deliveries WHERE state = 'waiting' LIMIT 1"


def _people(platform: Platform, buyers: int) -> tuple[Seller, list[Buyer]]:
    seller = Seller(platform.url, "風雨老闆", "風雨無阻")
    LineUser(platform.values["line.url"], "風雨老闆").bind(seller)
    with ThreadPoolExecutor(8) as pool:
        return seller, list(pool.map(lambda number: Buyer(platform.url, f"買家 {number}"), range(buyers)))


def _beside(platform: Platform, seller: Seller, seed: int) -> SideLoad:
    preferences = seller.api.get("/v1/notifications/preferences")
    wanted = {name: preferences[name] for name in ("line", "quiet_from", "quiet_to", "muted_types")}
    seller.api.put("/v1/notifications/preferences", {**wanted, "sns": True})
    return SideLoad(seller, seed)


def _wait(done: Callable[[], bool], patience: float) -> None:
    """What never comes is evidence, not an error here: the checker compares."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and not done():
        time.sleep(0.1)


@contextmanager
def _scheduled(platform: Platform, events: Sequence[Event], spans: list[tuple[float, float]]) -> Iterator[None]:
    """Does each event at its time beside the block, and all of them before it ends."""
    started = time.monotonic()

    def act() -> None:
        for event in sorted(events, key=lambda one: one.after):
            time.sleep(max(0.0, started + event.after - time.monotonic()))
            begun = time.time()
            event.act(platform)
            spans.append((begun, time.time()))

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(act)
        yield
        future.result()
