"""`python -m catalog {service | migrate | relay | reconcile}`."""

from chassis.cli import main

main(
    service="catalog.entrypoints.service:start",
    migrate="catalog.entrypoints.migrate:main",
    relay="catalog.entrypoints.relay:main",
    reconcile="catalog.entrypoints.reconcile:main",
)
