"""Reads JSON bodies strictly: what is not plain, small, flat JSON of the expected shape never gets further."""

import re
from typing import Any, TypeVar

import msgspec

from chassis.errors import Invalid, Malformed
from gateway.application.refusals import UnknownField
from gateway.entrypoints.problems import TooDeep

T = TypeVar("T")

DEEPEST = 64
LARGEST_INTEGER = 2**53 - 1  # what JavaScript can hold exactly; source: RFC 8259, section 6

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_PAIR = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<field>[^`]*)`")
_MISSING = re.compile(r"^Object missing required field `(?P<field>[^`]*)`")
_AT = re.compile(r" - at `(?P<path>[^`]*)`$")


def decode(body: bytes, kind: type[T]) -> T:
    """The body as this struct. Raises Malformed, TooDeep, UnknownField, Invalid with the field's name."""
    if not body:
        raise Malformed("a JSON body is expected")
    _check_depth(body)
    _check_surrogates(body)
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"not JSON: {error}") from None
    except RecursionError:
        raise TooDeep(f"nested deeper than {DEEPEST}") from None
    try:
        found = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise refusal_of(str(error)) from None
    _check_integers(found, "")
    return found


def refusal_of(message: str) -> Invalid:
    """What msgspec says about a value that does not fit, in our words."""
    at = _AT.search(message)
    path = at["path"].removeprefix("$").removeprefix(".") if at else ""
    sentence = _AT.sub("", message)
    if unknown := _UNKNOWN.match(sentence):
        return UnknownField(f"there is no field {unknown['field']!r} here", field=_joined(path, unknown["field"]))
    if missing := _MISSING.match(sentence):
        return Invalid(f"{missing['field']} is missing", field=_joined(path, missing["field"]))
    return Invalid(f"{path or 'the body'}: {sentence}", field=path)


def _joined(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field


def _check_depth(body: bytes) -> None:
    """Counts brackets outside of strings, before anything is built from them."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise TooDeep(f"nested deeper than {DEEPEST}")


def _check_surrogates(body: bytes) -> None:
    """Half a character is no text: it cannot be stored or sent on as UTF-8."""
    if b"\\u" in body and _SURROGATE.search(_PAIR.sub(b"", body.replace(b"\\\\", b""))):
        raise Malformed("a lone surrogate is not a character")


def _check_integers(value: Any, path: str) -> None:
    """Integers in typed fields stay where every client can hold them."""
    if isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise Invalid(f"{path} is too large", field=path)
    elif isinstance(value, float):
        if value - value != 0:
            raise Malformed("not a number that JSON can hold")
    elif isinstance(value, str):
        if "\x00" in value:
            raise Invalid(f"{path}: a NUL is not text", field=path)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            _check_integers(getattr(value, name), _joined(path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_integers(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            if "\x00" in name:
                raise Invalid(f"{path}: a NUL is not text", field=path)
            _check_integers(item, _joined(path, name))
