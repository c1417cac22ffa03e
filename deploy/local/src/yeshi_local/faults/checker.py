"""All invariants, asked of one run."""

from collections.abc import Callable, Iterator

from yeshi_local.faults.evidence import Evidence
from yeshi_local.faults.invariants import bells, goods, moves, processes, promises
from yeshi_local.faults.ledger import Ledger

Check = Callable[[Ledger, Evidence], Iterator[str]]

INVARIANTS: dict[str, Check] = {
    "I1": promises.one_checkout_per_key,
    "I2": promises.nothing_lost_nothing_invented,
    "I3": goods.stock_adds_up,
    "I4": goods.nothing_leaks,
    "I5": goods.orders_settle,
    "I6": processes.everything_published,
    "I7": processes.everything_taken,
    "I8": bells.bells_ring_once,
    "I9": bells.pushes_once,
    "I10": processes.nothing_is_dead,
    "I11": moves.money_adds_up,
    "I12": moves.moves_are_allowed,
    "I13": processes.copies_are_true,
    "I14": processes.processes_recover,
    "I15": processes.photos_are_seen,
    "I16": processes.everybody_is_counted,
    "I17": promises.ends_are_accounted_for,
    "I18": promises.answers_are_right,
    "I19": goods.refusals_are_true,
}


def check(ledger: Ledger, evidence: Evidence) -> dict[str, list[str]]:
    """The violations of each invariant; an empty list where it holds."""
    return {name: list(invariant(ledger, evidence)) for name, invariant in INVARIANTS.items()}
