"""Load while faulting: buyers who keep asking until they know, some of them twice at once."""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import httpx

from yeshi_local.faults.basket import Basket
from yeshi_local.faults.ledger import Attempt, Ledger
from yeshi_local.story.api import Api
from yeshi_local.story.people import Buyer, Json, Person, Seller, checkout_body, new_key

PATIENCE = 120.0  # seconds somebody goes on asking: until the promise, and again for what becomes of an order
TIMEOUT = 15.0  # seconds of one request
PAUSE = 0.2  # seconds between two tries
AGAIN = (429, 502, 503)  # answers after which the same request is right

T = TypeVar("T")


@dataclass(frozen=True)
class Stall:
    """A shop of the load, and its variants."""

    seller: Seller
    shop_id: str
    variants: Sequence[str]


@dataclass
class Load:
    """Checkouts as the baskets have them, `rate` orders a second, from `buyers`, at these stalls.

    `kept`: everybody keeps connections open between requests, as browsers do; otherwise each try has a new one.
    """

    gateways: Sequence[str]
    buyers: Sequence[Buyer]
    stalls: Sequence[Stall]
    baskets: Sequence[Basket]
    rate: float
    seed: int
    kept: bool = False
    ledger: Ledger = field(default_factory=Ledger)
    unfinished: list[str] = field(default_factory=list)
    _open: dict[tuple[str, str], Api] = field(default_factory=dict, repr=False)

    def run(self) -> None:
        """Places the orders, each buyer one after the other, and returns when everything has its answer."""
        lanes: dict[int, list[tuple[float, int]]] = {}
        placed = 0
        for number, basket in enumerate(self.baskets):
            lanes.setdefault(number % len(self.buyers), []).append((placed / self.rate, number))
            placed += len(basket.stalls)
        started = time.monotonic()
        with ThreadPoolExecutor(len(lanes)) as pool:
            for future in [pool.submit(self._lane, lane, numbers, started) for lane, numbers in lanes.items()]:
                future.result()
        for api in self._open.values():
            api.http.close()

    def _lane(self, lane: int, numbers: Sequence[tuple[float, int]], started: float) -> None:
        for after, number in numbers:
            time.sleep(max(0.0, started + after - time.monotonic()))
            chance = random.Random(self.seed * 200_003 + number)
            _Errand(self, self.buyers[lane], self.baskets[number], chance).run()

    def at(self, person: Person, gateway: int) -> Api:
        """Somebody at one of the gateways; to be left after the request."""
        url = self.gateways[gateway % len(self.gateways)]
        if not self.kept:
            return person.at(url)
        place = person.user_id, url
        return self._open.get(place) or self._open.setdefault(place, person.at(url))

    def leave(self, api: Api) -> None:
        """The request is over."""
        if not self.kept:
            api.http.close()


@dataclass(frozen=True)
class _Request:
    """What is asked again until it is known: fields as in the ledger, and how it is sent."""

    asks: str
    by: Person
    method: str
    path: str
    body: Mapping[str, object] = field(default_factory=dict)
    about: str = ""
    quantity: int = 0


@dataclass
class _Errand:
    """One checkout of one buyer, from the cart to what becomes of its orders."""

    load: Load
    buyer: Buyer
    basket: Basket
    chance: random.Random
    key: str = field(default_factory=new_key)
    deadline: float = field(default_factory=lambda: time.monotonic() + PATIENCE)

    def run(self) -> None:
        """Until everything is known. What is not after `PATIENCE` is noted as unfinished."""
        shops = self._fill_cart()
        if shops is None:
            self._unfinished(f"the cart of {self.buyer.user_id} was never filled")
            return
        method = "bank_transfer" if self.basket.transfer else "cod"
        wanted = _Request("checkout", self.buyer, "POST", "/v1/checkout", checkout_body(*shops, method=method))
        twin = None
        if self.basket.twice:
            twin = threading.Thread(target=self._until_known, args=(wanted, self.chance.randint(0, 1)))
            twin.start()
        promised = self._until_known(wanted, self.chance.randint(0, 1))
        if twin is not None:
            twin.join()
        if promised is None:
            self._unfinished(f"checkout {self.key} of {self.buyer.user_id} was never answered")
            return
        for order, _ in promised.orders if self.basket.then else ():
            self.deadline = time.monotonic() + PATIENCE
            self._go_on(order)

    def _fill_cart(self) -> list[str] | None:
        """The shops that had something for this cart, or one that had nothing; None when it is not known."""
        filled: set[int] = set()
        for line in self.basket.lines:
            variant = self.load.stalls[line.stall].variants[line.variant]
            path, body = f"/v1/cart/items/{variant}", {"quantity": line.quantity}
            put = self._until_known(_Request("cart", self.buyer, "PUT", path, body, variant, line.quantity))
            if put is None:
                return None
            if put.status == 200:
                filled.add(line.stall)
        return [self.load.stalls[number].shop_id for number in sorted(filled or {self.basket.stalls[0]})]

    def _go_on(self, order: str) -> None:
        """What the basket says becomes of a promised order, once it stands; an order may be called off before."""
        calls_off = self.basket.then.startswith("cancel")
        found = self._again(lambda gateway: self._read(order, gateway, pending=calls_off))
        if found is None:
            self._unfinished(f"order {order} could not be read, or stayed pending")
            return
        if found["status"] == "void":
            return
        seller = next(stall.seller for stall in self.load.stalls if stall.shop_id == found["shop_id"])
        if calls_off:
            self._move("cancel", self.buyer if self.basket.then == "cancel" else seller, order)
        elif self._move("ship", seller, order) and self.basket.then == "receive":
            self._move("receive", self.buyer, order)

    def _read(self, order: str, gateway: int, *, pending: bool) -> Json | None:
        """The order; None when it cannot be had, or is pending and that does not do."""
        api = self.load.at(self.buyer, gateway)
        try:
            answer = api.send("GET", f"/v1/orders/{order}", timeout=TIMEOUT)
        except httpx.TransportError:
            return None
        finally:
            self.load.leave(api)
        found = dict(answer.json()) if answer.status_code == 200 else None
        return found if found is not None and (pending or found["status"] != "pending") else None

    def _move(self, what: str, by: Person, order: str) -> bool:
        done = self._until_known(_Request(what, by, "POST", f"/v1/orders/{order}/{what}", about=order))
        if done is None:
            self._unfinished(f"{what} of order {order} was never answered")
        return done is not None and done.status == 200

    def _unfinished(self, words: str) -> None:
        self.load.unfinished.append(words)

    def _until_known(self, request: _Request, gateway: int = 0) -> Attempt | None:
        """The first answer that is not «ask again»; None when there was none in time. Every try is in the ledger."""

        def ask(number: int) -> Attempt | None:
            attempt = self._ask(request, number)
            self.load.ledger.add(attempt)
            return attempt if attempt.status and attempt.status not in AGAIN else None

        return self._again(ask, gateway)

    def _again(self, ask: Callable[[int], T | None], gateway: int = 0) -> T | None:
        """Asks one gateway after the other until there is an answer, or the time is over."""
        while time.monotonic() < self.deadline:
            answer = ask(gateway)
            if answer is not None:
                return answer
            gateway += 1
            time.sleep(PAUSE)
        return None

    def _ask(self, request: _Request, gateway: int) -> Attempt:
        sent_at = time.time()
        api = self.load.at(request.by, gateway)
        headers = {"Idempotency-Key": self.key} if request.asks == "checkout" else {}
        heard = Attempt(
            self.buyer.user_id,
            self.key,
            sent_at,
            sent_at,
            0,
            asks=request.asks,
            about=request.about,
            quantity=request.quantity,
            by=request.by.user_id,
        )
        try:
            answer = api.send(request.method, request.path, json=request.body, headers=headers, timeout=TIMEOUT)
        except httpx.TransportError as error:
            return replace(heard, answered_at=time.time(), code=_silence(error))
        finally:
            self.load.leave(api)
        return replace(heard, answered_at=time.time(), status=answer.status_code, **_said(answer))


def _said(answer: httpx.Response) -> dict[str, Any]:
    """What the ledger keeps of an answer."""
    waits = "retry-after" in answer.headers
    try:
        parsed = answer.json()
    except ValueError:
        return {"code": "not JSON", "waits": waits}
    orders = tuple((order["order_id"], order["total_price"]) for order in parsed.get("orders", []))
    code = str(parsed.get("code", ""))
    return {"checkout_id": parsed.get("checkout_id"), "orders": orders, "code": code, "waits": waits}


def _silence(error: httpx.TransportError) -> str:
    """`refused`: nobody was there to take the request; `cut`: what became of it is unknown."""
    return "refused" if isinstance(error, httpx.ConnectError) else "cut"
