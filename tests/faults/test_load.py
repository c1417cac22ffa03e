"""What a load asks for follows from its seed, has something of every kind, and is kept when a run goes wrong."""

import json
from collections import Counter
from dataclasses import replace
from unittest.mock import MagicMock

import pytest

from yeshi_local.faults.basket import ASSORTMENT, baskets, demand
from yeshi_local.faults.ledger import Attempt, Ledger
from yeshi_local.faults.run import Plan, Run


@pytest.mark.parametrize("orders", [1, 2, 200])
def test_baskets_ask_for_exactly_so_many_orders(orders):
    assert sum(len(basket.stalls) for basket in baskets(7, orders)) == orders


def test_the_same_seed_asks_for_the_same():
    assert baskets(7, 50) == baskets(7, 50) != baskets(8, 50)


@pytest.mark.parametrize("seed", range(5))
def test_two_hundred_orders_have_something_of_every_kind(seed):
    wanted = baskets(seed, 200)
    ends = Counter(basket.then for basket in wanted)
    assert min(ends[then] for then in ("cancel", "cancel by seller", "ship", "receive")) >= 2
    assert 30 < sum(basket.transfer for basket in wanted) < 70
    assert {len(basket.stalls) for basket in wanted} == {1, 2}
    assert {len(basket.lines) for basket in wanted} >= {1, 2, 3, 4}
    assert not any(basket.transfer and basket.then in ("ship", "receive") for basket in wanted)
    assert set(demand(wanted)) == {(stall, number) for stall, size in enumerate(ASSORTMENT) for number in range(size)}


def test_a_ledger_is_kept_request_by_request(tmp_path):
    first, second = Attempt("b", "k", 1.0, 1.5, 0, code="cut"), Attempt("b", "k", 2.0, 2.5, 201, "c", (("o", 560),))
    Ledger([first, second]).save(tmp_path / "faults" / "scene-7.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "faults" / "scene-7.jsonl").read_text().splitlines()]
    assert [(line["status"], line["code"], line["orders"]) for line in lines] == [
        (0, "cut", []),
        (201, "", [["o", 560]]),
    ]


def test_what_was_asked_in_vain_is_told_by_what_was_said():
    """A connection that nobody takes sends a client to the next gateway, whatever it wanted to ask."""
    cart = Attempt("b", "k", 1.0, 1.5, 0, code="refused", asks="cart")
    busy = Attempt("b", "k", 1.0, 1.5, 503, code="unavailable", asks="ship")
    ledger = Ledger([cart, replace(cart, asks="checkout"), busy, replace(busy, asks="checkout", status=201)])
    assert ledger.failures() == {"none refused": 2, "503 ship unavailable": 1}


def test_a_run_that_breaks_off_leaves_its_ledger(tmp_path, monkeypatch, capsys):
    class Broken(Run):
        def _sell(self):
            self.ledger.add(Attempt("b", "k", 1.0, 1.5, 500))
            raise AssertionError("it did not heal")

    monkeypatch.setattr("yeshi_local.faults.run.Market", MagicMock())
    monkeypatch.setattr("yeshi_local.faults.run.Before", MagicMock())
    with pytest.raises(AssertionError, match="did not heal"):
        Broken(MagicMock(), Plan(orders=1, rate=1, seed=7)).play(tmp_path / "ledger.jsonl")
    assert json.loads((tmp_path / "ledger.jsonl").read_text())["status"] == 500
    assert f"every request of seed 7: {tmp_path / 'ledger.jsonl'}" in capsys.readouterr().out
