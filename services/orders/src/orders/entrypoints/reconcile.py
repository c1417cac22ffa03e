"""`reconcile`: reports what orders should never show. It changes nothing."""

from chassis.reconcile import reconcile
from orders.adapters.postgres_reconcile import ALLOWED_STEPS, LOOKS


def main(_arguments: list[str]) -> int:
    """0 when there is nothing to report, 1 otherwise; each finding is a line of the log."""
    return reconcile("orders", LOOKS, allowed=ALLOWED_STEPS)
