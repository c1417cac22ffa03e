"""What a hostile client sends, case by case: how soon it is refused, and how much memory it makes us take.

The cases are those of `tests/security`, which ask for the outcome.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.figures import Row, at_most, exactly, number, table
from bench.groups import tree
from bench.measure import PAGE
from bench.rows import search
from bench.world import World
from yeshi_local.abuse import documents, logins, uploads
from yeshi_local.abuse.injections import INJECTIONS
from yeshi_local.story.api import Api
from yeshi_local.story.people import Buyer, Seller

UPLOAD, DOCUMENT, SEARCH = 1000, 200, 500  # milliseconds until the answer
MEMORY = 100  # MB by which the gateway and media may grow together
PAIRS = 200  # of logins
DIFFERENCE = 10  # percent of the median between a known address and an unknown one
LOOK = 0.02  # seconds between two looks at the memory
MB = 1_000_000


@dataclass
class Case:
    """One thing that is sent: milliseconds of each try that was refused, the most bytes resident during one, and how
    often the answer was none that is allowed.
    """

    kind: str
    name: str
    limit: float
    taken: list[float] = field(default_factory=list)
    resident: int = 0
    wrong: int = 0

    @property
    def worst(self) -> float:
        """Milliseconds of the slowest refusal; 0 when there was none."""
        return max(self.taken, default=0.0)


def run(world: World, rounds: int) -> Row:
    """Everything once for warming, then `rounds` times, one request after the other; memory is watched all along."""
    row = Row("abuse", "what a hostile client sends: until it is refused, and memory")
    search.fill(world)
    seller = Seller(world.url, "賣家", "被試探的店")
    product_id = seller.sell("照片", 1, 1)["product_id"]
    cases = [*_uploads(seller, product_id), *_documents(seller, product_id), *_searches(world)]
    cases[0][1]()  # wakes whoever reads uploads
    with _watched(world) as resident:
        before = resident[0]
        for case, send in cases:
            _try(case, send, resident)
            case.taken.clear()
        for _ in range(rounds):
            for case, send in cases:
                _try(case, send, resident)
    hungry = max((case for case, _ in cases), key=lambda one: one.resident)
    rise = max(0, hungry.resident - before) / MB
    apart = _login_difference(world)
    all_of_them = [case for case, _ in cases]
    _tell(row, all_of_them)
    row.add("memory of gateway and media, its greatest rise", "MB", [rise])
    row.add(f"login, known beside unknown address, {PAIRS} pairs", "% of the median", [apart])
    row.notes.append(
        "A picture of 24 megapixels in a small file is taken for the photo it is; `photos` says what that costs."
    )
    row.verdicts += [
        at_most(f"rise of memory, greatest: {_plain(hungry.name)}", rise, MEMORY, " MB"),
        at_most("login: a known address differs by", apart, DIFFERENCE, " %"),
        exactly("answers that are not allowed", sum(case.wrong for case in all_of_them), 0),
    ]
    return row


Sent = tuple[Case, Callable[[], tuple[httpx.Response, bool]]]


def _uploads(seller: Seller, product_id: str) -> Iterator[Sent]:
    for name, (make, codes) in uploads.REFUSED.items():

        def send(data: bytes = make(), codes: set[str] = codes) -> tuple[httpx.Response, bool]:
            answer = uploads.upload(seller.api, product_id, data)
            if answer.status_code == 201:  # some may be taken, and what it costs to make a photo is another row
                photo_id = answer.json()["photo_id"]
                seller.api.ask("DELETE", f"/v1/products/{product_id}/photos/{photo_id}")
                return answer, "" in codes
            return answer, answer.json()["code"] in codes

        yield Case("uploads", name, UPLOAD), send


def _documents(seller: Seller, product_id: str) -> Iterator[Sent]:
    for name, (body, statuses) in documents.HAZARDS.items():

        def send(body: bytes = body, statuses: set[int] = statuses) -> tuple[httpx.Response, bool]:
            answer = documents.send(seller.api, f"/v1/products/{product_id}", body)
            return answer, answer.status_code in statuses

        yield Case("documents", name, DOCUMENT), send


def _searches(world: World) -> Iterator[Sent]:
    api = Api(world.url)
    for text in INJECTIONS:

        def send(text: str = text) -> tuple[httpx.Response, bool]:
            answer = api.send("GET", "/v1/products", params={"q": text})
            return answer, answer.status_code in (200, 422)

        yield Case("searches", repr(text)[:40], SEARCH), send


def _try(case: Case, send: Callable[[], tuple[httpx.Response, bool]], resident: list[int]) -> None:
    """One more try. What was taken for a photo is none of these figures: what photos cost is a row of its own."""
    looks, began = len(resident), time.perf_counter()
    answer, allowed = send()
    milliseconds = (time.perf_counter() - began) * 1000
    case.wrong += not allowed
    if answer.status_code != 201:
        case.taken.append(milliseconds)
        case.resident = max(case.resident, *resident[looks - 1 :])


@contextmanager
def _watched(world: World) -> Iterator[list[int]]:
    """Bytes that the gateway, media's processes and their children have resident, every few milliseconds."""
    seen: list[int] = []
    over = threading.Event()
    names = [name for name in world.platform.names() if name == "gateway" or name.startswith("media")]

    def look() -> None:
        while not over.wait(LOOK):
            seen.append(held())

    def held() -> int:
        return sum(_resident(pid) for name in names for pid in tree(world.platform.pid(name)))

    seen.append(held())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0  # ended while we looked


def _login_difference(world: World) -> float:
    person = Buyer(world.url, "有帳號的人")
    return logins.difference(Api(world.url), person.email, PAIRS) * 100


def _tell(row: Row, cases: list[Case]) -> None:
    """A series and a verdict for each kind, and every case with its worst try in a table."""
    head = ["", "case", "worst ms", "limit", ""]
    cells = [
        [one.kind, one.name, number(one.worst), number(one.limit), "met" if one.worst <= one.limit else "MISSED"]
        for one in cases
    ]
    print(table(head, cells), flush=True)
    row.samples["cases"] = [{"kind": one.kind, "case": one.name, "worst_ms": round(one.worst, 1)} for one in cases]
    for kind, limit in (("uploads", UPLOAD), ("documents", DOCUMENT), ("searches", SEARCH)):
        those = [one for one in cases if one.kind == kind and one.taken]
        slowest = max(those, key=lambda one: one.worst)
        rounds = [max(tries) for tries in zip(*(one.taken for one in those), strict=True)]
        row.add(f"{kind}, the slowest of {len(those)} cases", "ms", rounds)
        row.verdicts.append(at_most(f"{kind}, slowest: {_plain(slowest.name)}", slowest.worst, limit, " ms"))


def _plain(name: str) -> str:
    """Without what would end a cell of a table."""
    return name.replace("|", "¦")
