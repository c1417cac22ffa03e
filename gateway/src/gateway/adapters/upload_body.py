"""The bytes of a file in a request body, as they come: a form's part named `file`, or the body itself."""

from collections.abc import AsyncIterator

from multipart import (  # type: ignore[import-untyped] # it ships no marker for its types
    MultipartError,
    PushMultipartParser,
    parse_options_header,
)

from chassis.errors import Invalid, Malformed
from gateway.application.refusals import UnknownField, Unsupported

FIELD = "file"
FIELDS = frozenset({"mode", "dry_run"})
LONGEST_FIELD = 200  # bytes
MOST_PARTS = 8
LARGEST_HEADER = 2048  # bytes
RAW = ("image/", "application/octet-stream")


class MalformedForm(Malformed):
    """A form that breaks the rules of multipart/form-data."""

    code = "malformed_form"


async def read_file(content_type: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The file's bytes, nothing kept beyond a chunk.

    Raises Unsupported for other bodies, MalformedForm, Invalid when a form has no such part or several, UnknownField
    when it has any other.
    """
    kind, options = parse_options_header(content_type)
    kind = kind.lower()
    if kind == "multipart/form-data":
        async for part in _part(options.get("boundary", ""), chunks, {}, frozenset()):
            yield part
    elif kind.startswith(RAW):
        async for chunk in chunks:
            yield chunk
    else:
        raise Unsupported("send multipart/form-data with a part named file, or the picture itself")


async def read_form(content_type: str, chunks: AsyncIterator[bytes], fields: dict[str, str]) -> AsyncIterator[bytes]:
    """The same of a form whose other parts count: short texts named in `FIELDS`, put into `fields` as they come, and
    the file's own name as `filename`. Raises UnknownField for any other part.
    """
    kind, options = parse_options_header(content_type)
    if kind.lower() != "multipart/form-data":
        raise Unsupported("send multipart/form-data with a part named file")
    async for part in _part(options.get("boundary", ""), chunks, fields, FIELDS):
        yield part


async def _part(
    boundary: str, chunks: AsyncIterator[bytes], fields: dict[str, str], known: frozenset[str]
) -> AsyncIterator[bytes]:
    found, inside = False, False
    text = _Texts(fields, known)
    try:
        parser = PushMultipartParser(boundary, max_header_size=LARGEST_HEADER, max_segment_count=MOST_PARTS)
        async for chunk in chunks:
            if not chunk:
                continue  # to the parser an empty chunk is the end
            for event in parser.parse(chunk):
                if event is None:
                    inside = False
                    text.end()
                elif isinstance(event, bytes | bytearray):
                    if inside:
                        yield bytes(event)
                    else:
                        text.add(bytes(event))
                else:
                    inside = event.name == FIELD
                    text.begin(event.name or "", event.filename)
                    if inside and found:
                        raise Invalid("send one file at a time", field=FIELD)
                    found = found or inside
        parser.close()
    except MultipartError as error:
        raise MalformedForm(f"the form cannot be read: {error}") from error
    if not found:
        raise Invalid("the form has no part named file", field=FIELD)


class _Texts:
    """The short parts of a form, of which only those in `known` may be there."""

    def __init__(self, fields: dict[str, str], known: frozenset[str]) -> None:
        self._fields = fields
        self._known = known
        self._name = ""
        self._value = b""

    def begin(self, name: str, filename: str | None) -> None:
        if name == FIELD:
            self._fields["filename"] = "".join(one for one in filename or "" if one.isprintable())
        elif name not in self._known:
            raise UnknownField(f"there is no field {name[:60]!r} here", field=name[:60])
        elif name in self._fields:
            raise Invalid(f"{name} is there twice", field=name)
        self._name, self._value = "" if name == FIELD else name, b""

    def add(self, value: bytes) -> None:
        self._value += value if self._name else b""
        if len(self._value) > LONGEST_FIELD:
            raise Invalid(f"{self._name} is too long", field=self._name)

    def end(self) -> None:
        if self._name:
            self._fields[self._name] = self._value.decode(errors="replace").strip()
            self._name = ""
