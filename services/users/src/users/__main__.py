"""`python -m users {service | work | make-operator <email> | tell-languages | migrate | relay}`."""

from chassis.cli import main

COMMANDS = {
    "service": "users.entrypoints.service:start",
    "work": "users.entrypoints.work:start",
    "make-operator": "users.entrypoints.operators:main",
    "tell-languages": "users.entrypoints.languages:main",
}

main("users", shared=("migrate", "relay"), **COMMANDS)
