"""`python -m orders {service | work | reconcile | migrate | relay}`."""

from chassis.cli import main

main(
    "orders",
    service="orders.entrypoints.service:start",
    work="orders.entrypoints.work:main",
    reconcile="orders.entrypoints.reconcile:main",
)
