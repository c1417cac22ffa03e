"""`python -m media {service | work | relay | migrate | mirror-check}`."""

from chassis.cli import main

main(
    "media",
    shared=(),
    service="media.entrypoints.service:start",
    work="media.entrypoints.work:start",
    relay="media.entrypoints.commands:publish",
    migrate="media.entrypoints.commands:migrate",
    **{"mirror-check": "media.entrypoints.commands:mirror_check"},
)
