"""Load while faulting: buyers who keep asking until they know, some of them twice at once."""

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from yeshi_local.faults.ledger import Attempt, Ledger
from yeshi_local.story.api import Api, ApiError
from yeshi_local.story.people import Buyer, checkout_body, new_key

PATIENCE = 120.0  # seconds a buyer goes on asking


@dataclass
class Load:
    """`orders` orders of one piece each, `rate` a second, from `buyers`, of these variants of one shop.

    `kept`: every buyer keeps connections open between requests, as browsers do; otherwise each try has a new one.
    """

    gateways: Sequence[str]
    buyers: Sequence[Buyer]
    shop_id: str
    variants: Sequence[str]
    orders: int
    rate: float
    seed: int
    kept: bool = False
    twice: float = 1 / 3  # share of checkouts that are sent a second time beside the first
    ledger: Ledger = field(default_factory=Ledger)
    unfinished: list[str] = field(default_factory=list)
    _open: dict[tuple[str, str], Api] = field(default_factory=dict, repr=False)

    def run(self) -> Ledger:
        """Places the orders, each buyer one after the other, and returns when every one has its answer."""
        lanes: dict[int, list[int]] = {}
        for number in range(self.orders):
            lanes.setdefault(number % len(self.buyers), []).append(number)
        started = time.monotonic()
        with ThreadPoolExecutor(len(lanes)) as pool:
            for future in [pool.submit(self._lane, lane, numbers, started) for lane, numbers in lanes.items()]:
                future.result()
        for api in self._open.values():
            api.http.close()
        return self.ledger

    def _lane(self, lane: int, numbers: Sequence[int], started: float) -> None:
        for number in numbers:
            time.sleep(max(0.0, started + number / self.rate - time.monotonic()))
            self._order(self.buyers[lane], random.Random(self.seed * 100_003 + number))

    def _order(self, buyer: Buyer, chance: random.Random) -> None:
        deadline = time.monotonic() + PATIENCE
        key = new_key()
        if not self._fill_cart(buyer, chance.choice(self.variants), key, deadline):
            self.unfinished.append(f"the cart of {buyer.user_id} was never filled")
            return
        twin = None
        if chance.random() < self.twice:
            twin = threading.Thread(target=self._ask_until_known, args=(buyer, key, chance.randint(0, 1), deadline))
            twin.start()
        if not self._ask_until_known(buyer, key, chance.randint(0, 1), deadline):
            self.unfinished.append(f"checkout {key} of {buyer.user_id} was never answered")
        if twin is not None:
            twin.join()

    def _fill_cart(self, buyer: Buyer, variant: str, key: str, deadline: float) -> bool:
        """Whether the cart holds the piece, or a refusal says that there is none. Tries in vain are noted: the wait
        for the promise begins with the cart.
        """
        gateway = 0
        while time.monotonic() < deadline:
            sent_at = time.time()
            api = self._at(buyer, gateway)
            try:
                api.put(f"/v1/cart/items/{variant}", {"quantity": 1})
                return True
            except ApiError as refused:
                if refused.status < 429:
                    return True
                said = refused.status, f"cart {refused.code}"
            except httpx.TransportError as error:
                said = 0, _silence(error)
            finally:
                self._leave(api)
            self.ledger.add(Attempt(buyer.user_id, key, sent_at, time.time(), said[0], code=said[1]))
            gateway += 1
            time.sleep(0.2)
        return False

    def _ask_until_known(self, buyer: Buyer, key: str, gateway: int, deadline: float) -> bool:
        body = checkout_body(self.shop_id)
        while time.monotonic() < deadline:
            attempt = self._ask(self._at(buyer, gateway), buyer.user_id, key, body)
            self.ledger.add(attempt)
            if attempt.status and attempt.status not in (429, 502, 503):
                return True
            gateway += 1
            time.sleep(0.2)
        return False

    def _at(self, buyer: Buyer, gateway: int) -> Api:
        url = self.gateways[gateway % len(self.gateways)]
        if not self.kept:
            return buyer.at(url)
        place = buyer.user_id, url
        return self._open.get(place) or self._open.setdefault(place, buyer.at(url))

    def _leave(self, api: Api) -> None:
        if not self.kept:
            api.http.close()

    def _ask(self, api: Api, buyer: str, key: str, body: dict[str, object]) -> Attempt:
        sent_at = time.time()
        try:
            answer = api.send("POST", "/v1/checkout", json=body, headers={"Idempotency-Key": key}, timeout=15)
        except httpx.TransportError as error:
            return Attempt(buyer, key, sent_at, time.time(), 0, code=_silence(error))
        finally:
            self._leave(api)
        parsed = answer.json()
        orders = tuple((order["order_id"], order["total_price"]) for order in parsed.get("orders", []))
        said = str(parsed.get("code", ""))
        return Attempt(buyer, key, sent_at, time.time(), answer.status_code, parsed.get("checkout_id"), orders, said)


def _silence(error: httpx.TransportError) -> str:
    """`refused`: nobody was there to take the request; `cut`: what became of it is unknown."""
    return "refused" if isinstance(error, httpx.ConnectError) else "cut"
