"""Uploads as the door left them: fetched from the address it gave, checked, and read as a table.

The address lets whoever has it read this one file for a day. So this process needs no key to the bucket.
"""

import hashlib
import http.client
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from urllib.parse import urlsplit

from catalog.application.imports.ports import SheetSeen
from catalog.domain.import_problems import FileProblem
from catalog.domain.imports import Upload
from chassis import sheets
from chassis.errors import Unavailable

TIMEOUT = 5.0  # seconds without a byte
WITHIN = 20.0  # seconds for the whole file
CHUNK = 256 * 1024  # bytes
IN_MEMORY = 1024 * 1024  # bytes; larger files are kept on disk
_GONE = frozenset({400, 403, 404, 410})  # not there, or the address has expired


class StoreUnavailable(Unavailable):
    """The store of uploads cannot be reached."""

    code = "storage_unavailable"


class SheetSource:
    """Opens uploads in the store at `store_url`, or in AWS's S3 when that is empty; nothing else is ever asked."""

    def __init__(self, store_url: str) -> None:
        self._origin = _origin(store_url) if store_url else None
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)

    @contextmanager
    def open(self, upload: Upload) -> Iterator[SheetSeen]:
        """The sheet. Raises FileProblem, also while its rows are read; Unavailable while the store is away."""
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            self._fetch(upload, file)
            file.seek(0)
            try:
                sheet = sheets.read(file)  # type: ignore[arg-type] # a spooled file is one in all that is asked of it
                rows = (
                    (row.number, [sheets.unescaped(cell) for cell in row.cells], row.formulas) for row in sheet.rows
                )
                yield SheetSeen(sheet.format, sheet.encoding, _translated(rows))
            except sheets.SheetRefused as error:
                raise FileProblem(error.code) from error

    def _fetch(self, upload: Upload, file: IO[bytes]) -> None:
        if not self._is_ours(upload.address):
            raise FileProblem("upload_lost")
        digest, size, deadline = hashlib.sha256(), 0, time.monotonic() + WITHIN
        try:
            with self._opener.open(upload.address, timeout=TIMEOUT) as answer:
                while chunk := answer.read(CHUNK):
                    size += len(chunk)
                    if size > upload.size:
                        raise FileProblem("upload_damaged")
                    if time.monotonic() > deadline:
                        raise StoreUnavailable("the store is too slow")
                    digest.update(chunk)
                    file.write(chunk)
        except urllib.error.HTTPError as error:
            with error:
                if error.code in _GONE:
                    raise FileProblem("upload_lost") from error
                raise StoreUnavailable(f"the store answered {error.code}") from error
        except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
            raise StoreUnavailable(f"the store cannot be reached: {type(error).__name__}") from error
        if digest.hexdigest() != upload.sha256:
            raise FileProblem("upload_damaged")

    def _is_ours(self, address: str) -> bool:
        scheme, host, _ = _origin(address)
        if self._origin is not None:
            return _origin(address) == self._origin
        return scheme == "https" and host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def _origin(address: str) -> tuple[str, str, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


Rows = Iterator[tuple[int, list[str], tuple[int, ...]]]


def _translated(rows: Rows) -> Rows:
    """COPY hides what its source raises behind an error of its own, so it must be ours already."""
    try:
        yield from rows
    except sheets.SheetRefused as error:
        raise FileProblem(error.code) from error
