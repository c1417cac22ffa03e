"""One run: a small market under load, faults while it sells, healing, evidence, verdict."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from chassis import dlq
from yeshi_local.faults.basket import baskets
from yeshi_local.faults.checker import check
from yeshi_local.faults.collect import Before, collect, seqs_after
from yeshi_local.faults.driver import Load
from yeshi_local.faults.evidence import Evidence
from yeshi_local.faults.killer import Killer
from yeshi_local.faults.ledger import Ledger
from yeshi_local.faults.market import Market
from yeshi_local.faults.result import Result
from yeshi_local.faults.sideload import SideLoad
from yeshi_local.platform import Platform

HEALING = 60.0  # seconds until outboxes and queues must be empty, and every order settled
PUSHING = 90.0  # and until every push is out: after half a minute of failing, the next try is half a minute away
SHOWING = 15.0  # and until every tab has shown what it must
SOON = 10  # seconds: an unpaid order whose time is over by then is waited for
BUYERS = 16

OPEN = f"""
    SELECT 1 FROM orders
     WHERE status = 'pending'
        OR (status = 'unpaid' AND payment_status <> 'confirming' AND pay_before < now() + interval '{SOON} s')
     LIMIT 1
"""  # noqa: S608 - a constant
WAITING = "SELECT 1 FROM deliveries WHERE state = 'waiting' LIMIT 1"


@dataclass(frozen=True)
class Event:
    """Something done `after` seconds of load, by hand of `act`; one after the other, never two at once."""

    after: float
    name: str
    act: Callable[[Platform], object]


@dataclass(frozen=True)
class Plan:
    """So many `orders`, so many a second, on a stock a fifth short of them or `enough`, while `kill` are killed and
    `events` happen.

    With `side` the first seller uploads photos, describes products anew, has a door counted and hears the bell by SNS
    too. `begin` is called when everybody is there and nothing has been ordered, `end` when all is ordered: what `begin`
    did is over. With `crashing` the processes kill themselves in between, and each such end counts as a kill.
    """

    orders: int
    rate: float
    seed: int
    kill: Sequence[str] = ()
    kill_every: float = 2.0
    events: Sequence[Event] = ()
    enough: bool = False
    side: bool = False
    begin: Callable[[Platform], None] | None = None
    end: Callable[[Platform], None] | None = None
    crashing: bool = False


class Run:
    """One run of a plan. `look` may be asked again afterwards: it reads what there is then."""

    def __init__(self, platform: Platform, plan: Plan) -> None:
        self.platform = platform
        self.plan = plan
        self.ledger = Ledger()
        self.spans: list[tuple[float, float]] = []
        self._baskets = baskets(plan.seed, plan.orders)
        self._healed = self._pushed = self._ready = self._published = 0.0

    def play(self, keep: Path) -> Result:
        """From the first seller to the verdict. When that is not good, or there is none, every request is in the file
        `keep`. Raises AssertionError when the platform does not heal.
        """
        plan, platform = self.plan, self.platform
        self.market = Market.open(platform, self._baskets, BUYERS, enough=plan.enough, sns=plan.side)
        self._beside = SideLoad(self.market.stalls[0].seller, plan.seed) if plan.side else None
        platform.settle()
        if plan.begin is not None:
            plan.begin(platform)
        self._before = Before.look(platform)
        self.tabs = self.market.tabs(platform)
        good = False
        try:
            unfinished = self._sell()
            if plan.end is not None:
                plan.end(platform)
            self._heal()
            result = self._verdict(self.look(), unfinished)
            good = not result.bad()
            return result
        finally:
            self.market.close()
            if not good:
                self.ledger.save(keep)
                print(f"every request of seed {plan.seed}: {keep}", flush=True)

    def _verdict(self, evidence: Evidence, unfinished: list[str]) -> Result:
        return Result(
            self.plan.seed,
            self.plan.orders,
            self.ledger,
            evidence,
            check(self.ledger, evidence),
            unfinished,
            self._healed,
            self._pushed,
            self.spans,
        )

    def look(self) -> Evidence:
        """What there is now."""
        platform, market = self.platform, self.market
        evidence = collect(
            platform, people=market.people, bound=market.bound, tabs=self.tabs, kills=self._kills, before=self._before
        )
        evidence.ready_after, evidence.published_after = self._ready, self._published
        if market.sns is not None:
            evidence.published = [body["notification_id"] for body in market.sns.bodies()]
        if self.plan.crashing:
            evidence.kills = {name: platform.killed(name) - self._before.killed[name] for name in platform.names()}
        if self._beside is not None:
            self._beside.look(evidence)
        return evidence

    def _sell(self) -> list[str]:
        """Loads and spoils; answers what was never answered."""
        plan, platform, market = self.plan, self.platform, self.market
        one_door = len(platform.gateways) == 1
        load = Load(
            platform.gateways, market.crowd, market.stalls, self._baskets, plan.rate, plan.seed, one_door, self.ledger
        )
        with ExitStack() as stack:
            if self._beside is not None:
                stack.enter_context(self._beside)
            killer = stack.enter_context(Killer(platform, plan.kill, every=plan.kill_every, seed=plan.seed))
            stack.enter_context(_scheduled(platform, plan.events, self.spans))
            load.run()
        self._kills = dict(killer.kills)
        return load.unfinished

    def _heal(self) -> None:
        """Waits until everybody is back and has done everything. What never comes is evidence, not an error here."""
        platform = self.platform
        ended = time.monotonic()
        platform.wait_all(HEALING)
        self._ready = time.monotonic() - ended
        _wait(lambda: platform.unpublished() == 0, HEALING)
        self._published = time.monotonic() - ended - self._ready
        platform.settle(HEALING)
        self._healed = time.monotonic() - ended
        _wait(lambda: not platform.rows("orders", OPEN), HEALING)
        if platform.queues().get("dead"):
            asyncio.run(dlq.replay(platform.values["amqp.admin"], set(), set()))
        platform.settle(HEALING)
        _wait(lambda: not platform.rows("notify", WAITING), PUSHING)
        self._pushed = time.monotonic() - ended
        _wait(lambda: all(tab.seqs() == seqs_after(platform, tab.user_id, tab.since) for tab in self.tabs), SHOWING)
        for tab in self.tabs:
            tab.close()


def _wait(done: Callable[[], bool], patience: float) -> None:
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
