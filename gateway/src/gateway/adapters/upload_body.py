"""The bytes of a file in a request body, as they come: a form's part named `file`, or the body itself."""

from collections.abc import AsyncIterator

from multipart import (  # type: ignore[import-untyped] # it ships no marker for its types
    MultipartError,
    PushMultipartParser,
    parse_options_header,
)

from chassis.errors import Invalid, Kind, Malformed, Refusal

FIELD = "file"
MOST_PARTS = 8
LARGEST_HEADER = 2048  # bytes
RAW = ("image/", "application/octet-stream")


class Unsupported(Refusal):
    """A body of a kind that holds no file."""

    code = "unsupported_media_type"
    kind = Kind.UNSUPPORTED


class MalformedForm(Malformed):
    """A form that breaks the rules of multipart/form-data."""

    code = "malformed_form"


async def read_file(content_type: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The file's bytes, nothing kept beyond a chunk. Other parts of a form are passed over.

    Raises Unsupported for other bodies, MalformedForm, Invalid when a form has no such part or several.
    """
    kind, options = parse_options_header(content_type)
    kind = kind.lower()
    if kind == "multipart/form-data":
        async for part in _part(options.get("boundary", ""), chunks):
            yield part
    elif kind.startswith(RAW):
        async for chunk in chunks:
            yield chunk
    else:
        raise Unsupported("send multipart/form-data with a part named file, or the picture itself")


async def _part(boundary: str, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    found, inside = False, False
    try:
        parser = PushMultipartParser(boundary, max_header_size=LARGEST_HEADER, max_segment_count=MOST_PARTS)
        async for chunk in chunks:
            if not chunk:
                continue  # to the parser an empty chunk is the end
            for event in parser.parse(chunk):
                if event is None:
                    inside = False
                elif isinstance(event, bytes | bytearray):
                    if inside:
                        yield bytes(event)
                else:
                    inside = event.name == FIELD
                    if inside and found:
                        raise Invalid("send one file at a time", field=FIELD)
                    found = found or inside
        parser.close()
    except MultipartError as error:
        raise MalformedForm(f"the form cannot be read: {error}") from error
    if not found:
        raise Invalid("the form has no part named file", field=FIELD)
