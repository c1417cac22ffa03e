"""Settings: read once from the environment, checked whole, and never changed afterwards."""

import os
import sys
import types
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NoReturn, TypeVar, get_type_hints

import msgspec

from chassis import crashpoints

SECRET_LENGTH = 16  # characters; shorter secrets are refused in production


class SettingsError(ValueError):
    """The environment does not hold what a process needs. `problems` names every one of them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What every process has. A field `postgres_dsn` is read from `POSTGRES_DSN`.

    Fields named in `secrets` must be set and long in production mode, and never show in a repr.
    """

    secrets: ClassVar[frozenset[str]] = frozenset()

    yeshi_env: Literal["production", "development", "test"] = "development"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    health_host: str = "127.0.0.1"
    health_port: int = 0  # 0: no health server

    @property
    def production(self) -> bool:
        """Whether defaults and test aids are refused."""
        return self.yeshi_env == "production"

    def __repr__(self) -> str:
        hidden = {name: "…" if name in self.secrets else getattr(self, name) for name in self.__struct_fields__}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in hidden.items())})"


S = TypeVar("S", bound=Settings)


def load(cls: type[S], environ: Mapping[str, str] | None = None) -> S:
    """The settings of this type from the environment. Raises SettingsError with every problem at once."""
    environ = os.environ if environ is None else environ
    hints = get_type_hints(cls)
    problems: list[str] = []
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(cls):
        variable = field.name.upper()
        text = environ.get(variable)
        if text is None or (text == "" and not _allows_empty(hints[field.name])):
            if field.required:
                problems.append(f"{variable} is not set")
            continue
        try:
            values[field.name] = msgspec.convert(_parsed(text, hints[field.name]), hints[field.name], strict=False)
        except msgspec.ValidationError as error:
            shown = "" if field.name in cls.secrets else f" (it is {text!r})"
            problems.append(f"{variable}: {error}{shown}")
    if environ.get("YESHI_ENV") == "production":
        problems += _weak_secrets(cls, values)
    try:
        crashpoints.check()
    except ValueError as error:
        problems.append(str(error))
    if problems:
        raise SettingsError(problems)
    return cls(**values)


def load_or_exit(cls: type[S]) -> S:
    """The settings, or exit status 2 with a line for each problem."""
    try:
        return load(cls)
    except SettingsError as error:
        _exit(error.problems)


def _exit(problems: list[str]) -> NoReturn:
    for problem in problems:
        print(f"settings: {problem}", file=sys.stderr)  # noqa: T201 - logging is not configured before settings are
    raise SystemExit(2)


def _allows_empty(hint: object) -> bool:
    return hint is str


def _parsed(text: str, hint: object) -> object:
    """Lists are written with commas between their items."""
    origin = getattr(hint, "__origin__", hint)
    if origin in (list, tuple) or isinstance(hint, types.GenericAlias):
        return [item.strip() for item in text.split(",") if item.strip()]
    if hint is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
    return text


def _weak_secrets(cls: type[Settings], values: Mapping[str, object]) -> list[str]:
    return [
        f"{name.upper()} must be set to at least {SECRET_LENGTH} characters in production"
        for name in sorted(cls.secrets)
        if len(str(values.get(name) or "")) < SECRET_LENGTH
    ]
