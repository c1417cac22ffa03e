"""`python -m <service> <command>`."""

import sys
import types

import pytest

from chassis import cli, commands
from chassis.settings import SettingsError, load


@pytest.fixture
def run(monkeypatch):
    """Runs a command line and answers its exit status."""

    def start(*arguments: str, **named: str) -> object:
        monkeypatch.setattr(sys, "argv", ["x", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main("shop", **named)
        return ended.value.code

    return start


@pytest.fixture
def module(monkeypatch):
    """A module with commands."""
    made = types.ModuleType("shop_commands")
    monkeypatch.setitem(sys.modules, "shop_commands", made)
    return made


@pytest.mark.parametrize(("answer", "status"), [(None, 0), (0, 0), (3, 3)])
def test_a_command_gets_its_arguments_and_its_answer_is_the_status(run, module, answer, status):
    got: list[list[str]] = []

    def count(arguments: list[str]) -> object:
        got.append(arguments)
        return answer

    module.count = count
    assert run("count", "a", "b", count="shop_commands:count") == status
    assert got == [["a", "b"]]


@pytest.mark.parametrize("arguments", [(), ("sing",)])
def test_an_unknown_command_is_told_which_there_are(run, capsys, arguments):
    assert run(*arguments, count="shop_commands:count") == 2
    assert "usage: python -m shop {count | migrate | relay}" in capsys.readouterr().err


def test_a_command_that_misses_its_settings_names_them_all(run, capsys, monkeypatch):
    for name in ("AMQP_URL", "POSTGRES_DSN"):
        monkeypatch.delenv(name, raising=False)
    assert run("relay") == 2
    assert capsys.readouterr().err == "settings: POSTGRES_DSN is not set\nsettings: AMQP_URL is not set\n"
    assert run("migrate") == 2
    assert capsys.readouterr().err == "settings: POSTGRES_DSN is not set\n"


def test_migrate_needs_no_bus_and_no_secret_shows():
    settings = load(commands.DatabaseSettings, {"POSTGRES_DSN": "postgresql://shop:hidden@db/shop"})
    assert "hidden" not in repr(settings)
    with pytest.raises(SettingsError, match="AMQP_URL is not set"):
        load(commands.BusSettings, {"POSTGRES_DSN": "postgresql://"})
