"""`reconcile`: reports what orders should never show. It changes nothing."""

import logging

from chassis import logs
from chassis.commands import DatabaseSettings
from chassis.postgres import Pool
from chassis.settings import load_or_exit
from orders.adapters.postgres_reconcile import findings

log = logging.getLogger(__name__)


def main(_arguments: list[str]) -> int:
    """0 when there is nothing to report, 1 otherwise; each finding is a line of the log."""
    settings = load_or_exit(DatabaseSettings)
    logs.configure("orders", settings.log_level)
    pool = Pool(settings.postgres_dsn, size=1, statement_timeout_ms=60_000, name="orders-reconcile")
    try:
        found = findings(pool)
    finally:
        pool.close()
    for finding in found:
        log.warning("%s", finding.what, extra=finding.fields)
    log.info("%s findings", len(found))
    return 1 if found else 0
