"""Commands of other packages, run with this stack's settings."""

import os
import subprocess
import sys

from yeshi_local.commands.here import machine
from yeshi_local.machine import ROOT


def dlq() -> int:
    """Hands over to the dead queue's own command, as the broker's administrator."""
    environment = {**os.environ, "AMQP_URL": machine().addresses()["amqp.admin"]}
    arguments = sys.argv[2:] or ["list"]
    return subprocess.run([sys.executable, "-m", "chassis.dlq", *arguments], env=environment).returncode


def mirror_check() -> int:
    """Hands over to media's own command: what differs between the metadata and its mirror."""
    work = next(process for process in machine().processes() if process.name == "media-work")
    command = [sys.executable, "-m", "media", "mirror-check", *sys.argv[2:]]
    return subprocess.run(command, env={**os.environ, **work.settings}, cwd=ROOT).returncode
