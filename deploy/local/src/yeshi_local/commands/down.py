"""Stopping, and starting over."""

import shutil

from yeshi_local.commands.here import machine, say
from yeshi_local.supervision import Supervisor


def down() -> None:
    """Stops everything; data stays."""
    supervisor = Supervisor(machine().run)
    if not supervisor.running:
        left = supervisor.end_orphans()
        say(f"{left} processes that an earlier run had left behind were ended" if left else "nothing runs")
        return
    supervisor.stop()
    say("stopped")


def reset() -> None:
    """Stops everything and deletes its data and secrets."""
    here = machine()
    down()
    postgres = here.server("postgres")
    for folder in {here.run, getattr(postgres, "data", here.run)}:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"deleted {here.run}")
