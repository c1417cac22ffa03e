"""How parent and child speak: a length in four bytes, then so many bytes. An answer is a header in JSON and bodies."""

import json
import struct
from typing import IO

from media.application.ports import Developed, NotAPhoto
from media.domain.errors import Unfit

_LENGTH = struct.Struct(">I")


def write(stream: IO[bytes], body: bytes) -> None:
    """One message."""
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def read(stream: IO[bytes]) -> bytes:
    """The next message. Raises EOFError when the other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    body = stream.read(size)
    if len(body) != size:
        raise EOFError
    return body


def write_answer(stream: IO[bytes], answer: list[Developed] | NotAPhoto) -> None:
    """The sizes of a picture, or why there are none."""
    if isinstance(answer, NotAPhoto):
        write(stream, json.dumps({"code": answer.code}).encode())
        return
    write(stream, json.dumps({"sizes": [[o.name, o.width, o.height, o.content_type] for o in answer]}).encode())
    for one in answer:
        write(stream, one.body)


def read_answer(stream: IO[bytes]) -> list[Developed]:
    """The sizes. Raises NotAPhoto with the reason, EOFError when the child died over it."""
    header = json.loads(read(stream))
    if "code" in header:
        raise NotAPhoto(Unfit(header["code"]))
    return [
        Developed(name, read(stream), width, height, content_type)
        for name, width, height, content_type in header["sizes"]
    ]
