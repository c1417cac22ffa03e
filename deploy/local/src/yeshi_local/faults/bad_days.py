"""The bad days of `make faults`: what is done to a platform under load, and what more than the invariants must hold."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from chassis import crashpoints
from yeshi_local.faults.replicas import REPLICAS, everything, no_request_failed_at_all, restart_all
from yeshi_local.faults.result import Result
from yeshi_local.faults.run import Event
from yeshi_local.faults.scenes import (
    DOUBLES,
    OURS,
    alarmed,
    crash_postgres,
    duplicate_everything,
    end_postgres_at_once,
    frozen,
    kill_broker,
    outage,
    process_of,
    restart_broker,
    restart_in_turn,
    restart_postgres,
    send_poison,
)
from yeshi_local.platform import Platform
from yeshi_local.testing import until

NAMES = {
    "rabbitmq": "RabbitMQ",
    "postgres": "PostgreSQL",
    "mongo": "MongoDB",
    "s3": "S3",
    "mosquitto": "Mosquitto",
    "sns": "SNS",
    "line": "LINE",
    "mailbox": "the mail server",
}
SERVERS = tuple(NAMES)
OUTAGE, FREEZE, LATE = 30.0, 20.0, 20.0  # seconds
RATE = 5.0  # orders a second
CONSUMERS = ("users", "catalog", "orders", "notify", "media", "edge-gateway")
DOUBLED = tuple(name for name in OURS if name != "gateway-2")
TWO_GATEWAYS = {"gateway": 2}
TWO_OF_ALL = dict.fromkeys(DOUBLED, 2)
NEW_IN_PAIRS = tuple(name for process in DOUBLED for name in (process, f"{process}-2"))


@dataclass(frozen=True)
class BadDay:
    """One scene. `deadly` are settings with which processes kill themselves during the load; `before` is done without
    load and answers what went wrong and what was measured; `wrong` finds in the result what the invariants do not look
    for; `buried` says how many dead messages are right. With `enough` there is stock for every order.
    """

    name: str
    what: str
    events: Sequence[Event] = ()
    kill: Sequence[str] | Callable[[Platform], Sequence[str]] = ()
    kill_every: float = 2.0
    orders: int = 200
    enough: bool = False
    replicas: Mapping[str, int] | None = None
    proxied: bool = False
    deadly: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[Platform], tuple[list[str], str]] | None = None
    wrong: Callable[[Result], list[str]] | None = None
    buried: Callable[[], int] | None = None


def all_without(server: str) -> Callable[[Platform], tuple[list[str], str]]:
    """Starts every process while a server is not there, and the server some time later."""

    def act(platform: Platform) -> tuple[list[str], str]:
        names = [name for name in platform.names() if name not in DOUBLES]
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(platform.stop, names))
        platform.stop(process_of(server))
        ended = {name: platform.restarts(name) for name in names}
        for name in names:
            platform.start(name, wait=False)
        time.sleep(LATE)
        until(lambda: all(platform.answers(name) for name in names), 120)  # on a busy machine starting takes longer
        platform.start(process_of(server))
        served = time.monotonic()
        platform.wait_all()
        ready_after = time.monotonic() - served
        wrong = [f"F19: {name} ended without {server}" for name in names if platform.restarts(name) > ended[name]]
        return wrong, f"all ready {ready_after:.1f} s after it came"

    return act


def no_request_failed(result: Result) -> list[str]:
    """F2: a refused connection sends a client to the next gateway; anything else is a failed request."""
    return [
        f"F2: {count} requests failed: {said}"
        for said, count in result.ledger.failures().items()
        if said != "none refused"
    ]


def crash_at(point: str, every: int, names: Sequence[str]) -> dict[str, str]:
    """Settings with which each of these dies whenever it has come to a place so many times."""
    return {f"{name}.CRASH_AT": f"{point}:{every}" for name in names}


def _stops() -> list[BadDay]:
    return [
        BadDay(f"stop-{server}", f"{NAMES[server]} is stopped for 30 s", (Event(8, server, outage(server, OUTAGE)),))
        for server in SERVERS
    ]


def _absences() -> list[BadDay]:
    return [
        BadDay(f"late-{server}", f"everything starts without {NAMES[server]}", orders=60, before=all_without(server))
        for server in SERVERS
    ]


def _frozen_and_broken() -> list[BadDay]:
    return [
        BadDay("freeze-rabbitmq", "RabbitMQ is frozen for 20 s", (Event(8, "thaw", frozen("rabbitmq", FREEZE)),)),
        BadDay("freeze-postgres", "PostgreSQL is frozen for 20 s", (Event(8, "thaw", frozen("postgres", FREEZE)),)),
        BadDay("freeze-mongo", "MongoDB is frozen for 20 s", (Event(8, "thaw", frozen("mongo", FREEZE)),)),
        BadDay("freeze-s3", "S3 is frozen for 20 s", (Event(8, "thaw", frozen("s3", FREEZE)),)),
        BadDay("freeze-line", "LINE is frozen for 20 s", (Event(8, "thaw", frozen("line", FREEZE)),)),
        BadDay("alarm-rabbitmq", "RabbitMQ has a memory alarm for 20 s", (Event(8, "over", alarmed(FREEZE)),)),
        BadDay("restart-rabbitmq", "RabbitMQ is restarted", (Event(8, "broker", restart_broker),), orders=150),
        BadDay("kill-rabbitmq", "RabbitMQ gets a SIGKILL", (Event(8, "broker", kill_broker),), orders=200),
        BadDay("restart-postgres", "PostgreSQL is restarted", (Event(8, "database", restart_postgres),), orders=150),
        BadDay("quit-postgres", "PostgreSQL shuts down at once", (Event(8, "db", end_postgres_at_once),), orders=150),
        BadDay("kill-postgres", "PostgreSQL gets a SIGKILL", (Event(8, "database", crash_postgres),), orders=150),
    ]


def _deaths() -> list[BadDay]:
    workers = ("users-work", "catalog-work", "orders-work", "notify-work", "media-work")
    both = (*CONSUMERS, *workers)
    relays = crash_at(crashpoints.AFTER_PUBLISH, 15, ("relay", "media-relay"))
    after_handler = crash_at(crashpoints.AFTER_HANDLER, 20, CONSUMERS)
    return [
        BadDay("kill-all", "every process is killed in turn, one each 2 s", kill=OURS, orders=500),
        BadDay(
            "crash-before-commit",
            "every process dies before its every 25th commit",
            deadly=crash_at(crashpoints.BEFORE_COMMIT, 25, both),
        ),
        BadDay(
            "crash-after-commit",
            "every process dies after its every 25th commit",
            deadly=crash_at(crashpoints.AFTER_COMMIT, 25, both),
        ),
        BadDay(
            "crash-between",
            "relays die between publish and mark, services between handler and acknowledgement",
            deadly=relays | after_handler,
        ),
    ]


def _pairs() -> list[BadDay]:
    return [
        BadDay(
            "pairs-kill",
            "two of every process, one killed each 2 s",
            kill=NEW_IN_PAIRS,
            orders=400,
            replicas=TWO_OF_ALL,
        ),
        BadDay(
            "pairs-restart",
            "two of every process, each restarted with SIGTERM in turn",
            (Event(4, "restarts", restart_in_turn(NEW_IN_PAIRS)),),
            orders=300,
            replicas=TWO_OF_ALL,
            wrong=no_request_failed,
        ),
    ]


def _behind_a_proxy() -> list[BadDay]:
    return [
        BadDay(
            "replicas-kill",
            "replicas behind a proxy, one of all processes killed each 2 s, the proxy too",
            kill=everything,
            orders=400,
            replicas=REPLICAS,
            proxied=True,
        ),
        BadDay(
            "replicas-restart",
            "replicas behind a proxy, each process restarted with SIGTERM in turn",
            (Event(4, "restarts", restart_all),),
            orders=700,
            replicas=REPLICAS,
            proxied=True,
            wrong=no_request_failed_at_all,
        ),
    ]


def _messages() -> list[BadDay]:
    sent: list[int] = []

    def poison(platform: Platform) -> None:
        sent.append(send_poison(platform))

    return [
        BadDay("restart-all", "every process is restarted in turn", (Event(4, "all", restart_in_turn(OURS)),)),
        BadDay("duplicates", "every event comes twice", (Event(12, "twice", duplicate_everything),), orders=100),
        BadDay(
            "poison",
            "what nobody can read, alone and inside bundles",
            (Event(5, "poison", poison),),
            orders=100,
            buried=lambda: sent[-1],
        ),
        BadDay(
            "late-notify",
            "notify is not there while its events are published",
            (Event(1, "away", lambda one: one.stop("notify")), Event(25, "here", lambda one: one.start("notify"))),
            orders=150,
        ),
    ]


def _story() -> BadDay:
    """The day that the whole promise is quoted with."""
    return BadDay(
        "story",
        "200 orders, while a process of every kind is killed, one each 2 s, and RabbitMQ and PostgreSQL are restarted",
        (Event(8, "broker", restart_broker), Event(24, "database", restart_postgres)),
        kill=OURS,
        enough=True,
        wrong=_all_of_it,
    )


def _all_of_it(result: Result) -> list[str]:
    spared = set(OURS) - {name for name, count in result.evidence.kills.items() if count}
    short = len(result.ledger.accepted_orders()) != result.asked
    return [f"story: {name} was never killed" for name in sorted(spared)] + ["story: orders were refused"] * short


def bad_days() -> list[BadDay]:
    """All of them, in the order they are run: those that share a set-up come together."""
    return [
        _story(),
        *_stops(),
        *_frozen_and_broken(),
        *_messages(),
        *_absences(),
        *_deaths(),
        *_pairs(),
        *_behind_a_proxy(),
    ]
