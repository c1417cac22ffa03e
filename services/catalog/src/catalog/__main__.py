"""`python -m catalog {service | work | reconcile | migrate | relay}`."""

from chassis.cli import main

main(
    "catalog",
    service="catalog.entrypoints.service:start",
    work="catalog.entrypoints.work:main",
    reconcile="catalog.entrypoints.reconcile:main",
)
