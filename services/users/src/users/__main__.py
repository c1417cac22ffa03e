"""`python -m users {service | work | make-operator <email> | migrate | relay}`."""

from chassis.cli import main

COMMANDS = {
    "service": "users.entrypoints.service:start",
    "work": "users.entrypoints.work:start",
    "make-operator": "users.entrypoints.operators:main",
}

main("users", shared=("migrate", "relay"), **COMMANDS)
