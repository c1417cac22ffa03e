"""This checkout's stack, and how a command talks to who typed it."""

import os
import sys
from pathlib import Path

from yeshi_local.machine import ROOT, Machine


class Trouble(RuntimeError):
    """Something a person has to know. The text says what to do."""


def machine() -> Machine:
    """This checkout's stack.

    GATEWAY_PORT, YESHI_RUN (folder), YESHI_REPLICAS (`orders=3,gateway=2`), YESHI_SETTINGS (`NAME=value,…` for every
    process), YESHI_PROXY=yes (a proxy in front of the gateways) and YESHI_DURABLE=no (tests) say where it differs from
    the usual one.
    """
    env = os.environ
    try:
        replicas = {name: int(count) for name, count in _pairs(env.get("YESHI_REPLICAS", "")).items()}
        return Machine(
            Path(env.get("YESHI_RUN") or ROOT / ".run"),
            gateway_port=int(env.get("GATEWAY_PORT") or 8000),
            outside=env,
            durable=env.get("YESHI_DURABLE") != "no",
            replicas=replicas,
            overrides=_pairs(env.get("YESHI_SETTINGS", "")),
            proxied=env.get("YESHI_PROXY") == "yes",
        )
    except ValueError as error:
        raise Trouble(f"GATEWAY_PORT, YESHI_REPLICAS or YESHI_SETTINGS: {error}") from error


def _pairs(text: str) -> dict[str, str]:
    return {name.strip(): value.strip() for name, _, value in (word.partition("=") for word in text.split(",") if word)}


def say(text: str) -> None:
    """A line of progress, at once. It stays whole when several threads speak."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
