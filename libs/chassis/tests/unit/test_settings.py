"""Settings are read once from the environment and checked whole."""

from typing import ClassVar

import pytest

from chassis import crashpoints
from chassis.settings import Settings, SettingsError, load, load_or_exit


class ShopSettings(Settings, frozen=True, kw_only=True):
    """Some of each kind."""

    secrets: ClassVar[frozenset[str]] = frozenset({"shop_secret"})

    shop_secret: str
    name: str = "夜市"
    size: int = 8
    factor: float = 1.0
    fast: bool = False
    hosts: tuple[str, ...] = ()
    limit: int | None = None


GOOD = {"SHOP_SECRET": "0123456789abcdef"}


def test_values_are_converted_to_their_types():
    settings = load(
        ShopSettings,
        {**GOOD, "SIZE": "3", "FACTOR": "0.5", "FAST": "yes", "HOSTS": "a, b,,c", "LIMIT": "7", "OTHER": "ignored"},
    )
    assert (settings.size, settings.factor, settings.fast, settings.limit) == (3, 0.5, True, 7)
    assert settings.hosts == ("a", "b", "c")


def test_what_is_not_said_has_its_default_and_an_empty_text_is_one():
    settings = load(ShopSettings, {**GOOD, "SIZE": "", "NAME": ""})
    assert (settings.size, settings.name, settings.hosts, settings.limit) == (8, "", (), None)


def test_every_problem_is_named_at_once_without_showing_a_secret():
    environment = {"SIZE": "many", "FAST": "perhaps", "LOG_LEVEL": "LOUD"}
    with pytest.raises(SettingsError) as refused:
        load(ShopSettings, environment)
    assert sorted(problem.partition(":")[0] for problem in refused.value.problems) == [
        "FAST",
        "LOG_LEVEL",
        "SHOP_SECRET is not set",
        "SIZE",
    ]
    assert "(it is 'many')" in str(refused.value)


def test_secrets_never_show():
    settings = load(ShopSettings, GOOD)
    assert "0123456789" not in repr(settings)
    assert "0123456789" not in str(settings)
    assert "夜市" in repr(settings)


@pytest.mark.parametrize("secret", ["", "short"])
def test_production_refuses_weak_secrets(secret):
    with pytest.raises(SettingsError, match="SHOP_SECRET must be set to at least 16 characters"):
        load(ShopSettings, {"SHOP_SECRET": secret, "YESHI_ENV": "production"})
    assert load(ShopSettings, {"SHOP_SECRET": secret}).production is False
    assert load(ShopSettings, {**GOOD, "YESHI_ENV": "production"}).production is True


def test_production_refuses_crash_points_and_nobody_takes_unknown_ones(monkeypatch):
    monkeypatch.setattr(crashpoints, "_point", crashpoints.AFTER_COMMIT)
    load(ShopSettings, GOOD)
    monkeypatch.setenv("YESHI_ENV", "production")
    with pytest.raises(SettingsError, match="CRASH_AT is set in production"):
        load(ShopSettings, {**GOOD, "YESHI_ENV": "production"})
    monkeypatch.delenv("YESHI_ENV")
    monkeypatch.setattr(crashpoints, "_point", "nowhere")
    with pytest.raises(SettingsError, match="names no crash point"):
        load(ShopSettings, GOOD)


def test_a_process_that_cannot_start_says_why_and_ends_with_2(monkeypatch, capsys):
    monkeypatch.delenv("SHOP_SECRET", raising=False)
    monkeypatch.setenv("SIZE", "many")
    with pytest.raises(SystemExit) as ended:
        load_or_exit(ShopSettings)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("settings: SHOP_SECRET is not set\nsettings: SIZE: ")


def test_settings_do_not_change():
    with pytest.raises(AttributeError):
        load(ShopSettings, GOOD).size = 9
