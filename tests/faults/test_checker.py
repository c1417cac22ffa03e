"""Every invariant of the checker catches a violation planted for it, and a good run passes."""

from dataclasses import replace

import pytest

from yeshi_local.faults.checker import INVARIANTS, check
from yeshi_local.faults.evidence import Evidence, OrderRow, StockRow
from yeshi_local.faults.ledger import Attempt, Ledger

ORDER = OrderRow("to_ship", 480, 80, 560, 480)


def a_good_run() -> tuple[Ledger, Evidence]:
    ledger = Ledger([Attempt("b", "k", 1.0, 1.1, 201, "c", (("o", 560),))])
    evidence = Evidence(
        checkouts=[("b", "k")],
        orders={"o": ORDER},
        stock={"v": StockRow(10, 1, 10, 1)},
        reservations={"o": {"held"}},
        expected={"notify": {"e"}},
        taken={"notify": {"e"}},
        bells_due={("e", "s")},
        bells=[("e", "s")],
        unread={"s": (1, 1)},
        streamed={"s": [1, 2]},
        pushes=[("r", "/orders/o", "U")],
        history=[("o", 1, None, "pending"), ("o", 2, "pending", "to_ship")],
        delivered={"r"},
        photos_promised={"p"},
        photos_seen={"p"},
        wanted_descriptions={"m": 2},
        described={"m": 2},
        passed=4,
        counted=4,
        kills={"orders": 2},
        restarts={"orders": 2},
    )
    return ledger, evidence


def broken(name: str) -> tuple[Ledger, Evidence]:
    ledger, evidence = a_good_run()
    match name:
        case "I1":
            evidence.checkouts.append(("b", "k"))
        case "I1 answers":
            ledger.add(Attempt("b", "k", 2.0, 2.1, 201, "c2", (("o", 560),)))
        case "I2 lost":
            ledger.add(Attempt("b", "k2", 2.0, 2.1, 202, "c2", (("gone", 560),)))
        case "I2 invented":
            evidence.checkouts.append(("b", "nobody asked"))
        case "I3":
            evidence.stock["v"] = StockRow(1, 2, 1, 2)
        case "I3 ledger":
            evidence.stock["v"] = StockRow(10, 1, 9, 1)
        case "I4":
            evidence.stock["v"] = StockRow(10, 2, 10, 1)
        case "I5":
            evidence.reservations["o"] = {"released"}
        case "I5 pending":
            evidence.orders["o"] = replace(ORDER, status="pending", pending_seconds=61)
        case "I6":
            evidence.unpublished = 1
        case "I7":
            evidence.taken["notify"] = set()
        case "I8":
            evidence.bells.append(("e", "s"))
        case "I8 missing":
            evidence.bells.clear()
        case "I8 unread":
            evidence.unread["s"] = (1, 2)
        case "I8 stream":
            evidence.streamed["s"] = [1, 2, 2]
        case "I9":
            evidence.pushes.append(("r2", "/orders/o", "U"))
        case "I9 key":
            evidence.pushes.append(("r", "/orders/p", "U"))
        case "I9 lost":
            evidence.delivered.add("r2")
        case "I9 given up":
            evidence.given_up = 1
        case "I10":
            evidence.dead = 1
        case "I11":
            evidence.orders["o"] = replace(ORDER, total_price=561)
        case "I12":
            evidence.history.append(("o", 3, "to_ship", "pending"))
        case "I12 gap":
            evidence.history.append(("o", 4, "to_ship", "void"))
        case "I13":
            evidence.stale_copies.append("variant v: another price")
        case "I14":
            evidence.restarts["orders"] = 3
        case "I15":
            evidence.photos_seen.clear()
        case "I15 document":
            evidence.described["m"] = 1
        case "I16":
            evidence.counted = 5
    return ledger, evidence


def test_a_good_run_violates_nothing():
    assert {name: found for name, found in check(*a_good_run()).items() if found} == {}


PLANTS = [
    "I1", "I1 answers", "I2 lost", "I2 invented", "I3", "I3 ledger", "I4", "I5", "I5 pending", "I6", "I7", "I8",
    "I8 missing", "I8 unread", "I8 stream", "I9", "I9 key", "I9 lost", "I9 given up", "I10", "I11",
    "I12", "I12 gap", "I13", "I14", "I15", "I15 document", "I16",
]  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_violation_is_caught_by_its_invariant_alone(plant):
    found = {name for name, violations in check(*broken(plant)).items() if violations}
    assert found == {plant.split()[0]}


def test_every_invariant_has_a_plant():
    assert {plant.split()[0] for plant in PLANTS} == set(INVARIANTS)
