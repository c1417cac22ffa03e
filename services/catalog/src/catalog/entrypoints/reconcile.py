"""`reconcile`: reports what stock and reservations should never show. It changes nothing.

A reservation held for over a day is reported, not freed: only orders decides when an order is over.
"""

from catalog.adapters.postgres_reconcile import LOOKS
from chassis.reconcile import reconcile


def main(_arguments: list[str]) -> int:
    """0 when there is nothing to report, 1 otherwise; each finding is a line of the log."""
    return reconcile("catalog", LOOKS)
