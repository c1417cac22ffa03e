"""The peer under the same load and the same killer: what the checker must catch."""

import random
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg2

from yeshi_local.faults.evidence import Bell, Evidence, Line, OrderRow, Reservation, Step, StockRow
from yeshi_local.faults.ledger import Attempt, Ledger
from yeshi_local.machine import ROOT
from yeshi_local.ports import free_port
from yeshi_local.servers.process import Program
from yeshi_local.testing import until

SERVICES = ("products", "orders", "bell", "gateway")
RUN = str(ROOT / "bench" / "peer" / "run.py")
PRICE = 100
SELLER = "seller"


@dataclass
class Peer:
    """The peer's four processes on a broker and a database that are there."""

    amqp_url: str
    postgres_url: str
    home: Path
    port: int = field(default_factory=free_port)
    programs: dict[str, Program] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Its gateway."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self, products: int, stock: int) -> Iterator["Peer"]:
        """Up with so many products of that stock each, for the block."""
        try:
            setup = self._program("schema")
            setup.start()
            until(lambda: not setup.running)
            rows = [(f"p-{number}", f"商品 {number}", PRICE, stock, stock) for number in range(products)]
            with closing(psycopg2.connect(self.postgres_url)) as connection, connection, connection.cursor() as cursor:
                cursor.executemany("INSERT INTO products VALUES (%s, %s, %s, %s, %s)", rows)
            for name in SERVICES:
                self.start(name)
            until(lambda: httpx.get(f"{self.url}/products/p-0", trust_env=False).status_code == 200, 60)
            yield self
        finally:
            for program in self.programs.values():
                program.kill()

    def start(self, name: str) -> None:
        """Starts one of the services."""
        self.programs[name] = self._program(name)
        self.programs[name].start()

    def _program(self, name: str) -> Program:
        environment = {"AMQP_URL": self.amqp_url, "POSTGRES_URL": self.postgres_url, "HTTP_PORT": str(self.port)}
        return Program([sys.executable, RUN, name], log=self.home / f"peer-{name}.log", environment=environment)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with closing(psycopg2.connect(self.postgres_url)) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def order(self, buyer: str, key: str, product: str) -> Attempt:
        """One request for one piece."""
        sent_at = time.time()
        body = {"buyer": buyer, "key": key, "product_id": product, "quantity": 1}
        try:
            answer = httpx.post(f"{self.url}/orders", json=body, timeout=5, trust_env=False)
        except httpx.TransportError:
            return Attempt(buyer, key, sent_at, time.time(), 0)
        made = answer.json() if answer.status_code == 201 else None
        orders = ((made["id"], made["total"]),) if made else ()
        return Attempt(buyer, key, sent_at, time.time(), answer.status_code, made and made["id"], orders)

    def evidence(self) -> Evidence:
        """What it left behind."""
        orders = self.rows("SELECT id, buyer, key, total, quantity, product_id FROM orders")
        products = self.rows("SELECT id, stock, first FROM products")
        sold = dict(self.rows("SELECT product_id, sum(quantity) FROM orders GROUP BY 1"))
        lines = [Line(str(order), "1", product, quantity) for order, _, _, _, quantity, product in orders]
        return Evidence(
            checkouts=[(buyer, key) for _, buyer, key, *_ in orders],
            orders={
                str(order): OrderRow("to_ship", total, 0, total, PRICE * quantity, 2, buyer, SELLER)
                for order, buyer, _, total, quantity, _ in orders
            },
            placed={str(order): (buyer, key) for order, buyer, key, *_ in orders},
            lines=set(lines),
            reservations=[Reservation(line, "held") for line in lines],
            history=[
                step
                for line in lines
                for step in (Step(line.order, 1, None, "pending"), Step(line.order, 2, "pending", "to_ship"))
            ],
            stock={
                name: StockRow(stock, 0, first - int(sold.get(name, 0)), 0, first) for name, stock, first in products
            },
            bells=[Bell(str(order), "order.new", SELLER) for (order,) in self.rows("SELECT order_id FROM bells")],
        )


def load(peer: Peer, *, orders: int, products: int, seed: int, kill_every: float) -> Ledger:
    """`orders` orders, one in three sent twice, while services are killed and started again."""
    ledger, chance, ending = Ledger(), random.Random(seed), threading.Event()

    def one(number: int) -> None:
        mine = random.Random(seed * 100_003 + number)
        product, key = f"p-{mine.randrange(products)}", f"k-{number}"
        tries = [lambda: _until_known(peer, ledger, f"b-{number}", key, product)]
        if mine.random() < 1 / 3:
            tries *= 2
        with ThreadPoolExecutor(2) as pair:
            list(pair.map(lambda work: work(), tries))

    def kill() -> None:
        while not ending.wait(kill_every):
            name = chance.choice(SERVICES)
            peer.programs[name].kill()
            peer.start(name)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(orders)))
    ending.set()
    killer.join()
    return ledger


def _until_known(peer: Peer, ledger: Ledger, buyer: str, key: str, product: str) -> None:
    now = time.time()
    ledger.add(Attempt(buyer, key, now, now, 200, asks="cart", about=product, quantity=1))  # what was wanted
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        attempt = peer.order(buyer, key, product)
        ledger.add(attempt)
        if attempt.status in (201, 409):
            return
        time.sleep(0.2)
