"""`python -m catalog {service | reconcile | migrate | relay}`."""

from chassis.cli import main

main(
    "catalog",
    service="catalog.entrypoints.service:start",
    reconcile="catalog.entrypoints.reconcile:main",
)
