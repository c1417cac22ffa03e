"""`python -m notify {service | work | migrate | relay}`."""

from chassis.cli import main

main(
    "notify",
    service="notify.entrypoints.service:start",
    work="notify.entrypoints.work:start",
)
