"""The first sheet of an XLSX file as a stream of rows. A library reads it, in a child process that cannot hurt.

Nothing but texts is taken out of it: no macro, no link, no picture, no formula is followed.
"""

import json
import posixpath
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, BinaryIO

from chassis.sheets.cells import Row, SheetRefused

MOST_ENTRIES = 500
LARGEST_INSIDE = 150 * 1024 * 1024  # bytes of all entries unpacked
WORST_RATIO = 200  # of an entry, unpacked to packed; text of a real sheet stays below 60
RATIO_MATTERS_FROM = 1024 * 1024  # bytes unpacked
MOST_MEMORY = 512 * 1024 * 1024  # bytes of addresses of the child; a sheet of 20,000 rows needs a fifth
MOST_SECONDS = 60  # of processor time for one workbook; a sheet of 20,000 rows and 14 columns takes four

_KILLED = {-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT}  # what a workbook can do to its reader


def read_xlsx(file: BinaryIO) -> Iterator[Row]:
    """Rows with something in them. Raises SheetRefused."""
    try:
        with zipfile.ZipFile(file) as book:
            _inspect(book)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as error:
        raise SheetRefused("unreadable_file", f"no XLSX workbook: {error}") from error
    with tempfile.TemporaryFile() as copy:
        file.seek(0)
        shutil.copyfileobj(file, copy)
        copy.flush()
        yield from _read_apart(copy)


def _inspect(book: zipfile.ZipFile) -> None:
    """Refuses what would hurt before any of it is unpacked. An entry never gives more than it declares here."""
    entries = book.infolist()
    if len(entries) > MOST_ENTRIES or sum(one.file_size for one in entries) > LARGEST_INSIDE:
        raise SheetRefused("too_large_inside", "the workbook holds too much")
    for one in entries:
        if one.file_size > RATIO_MATTERS_FROM and one.file_size > WORST_RATIO * max(1, one.compress_size):
            raise SheetRefused("too_large_inside", "a part of the workbook unpacks to too much")
        if one.flag_bits & 0x1:
            raise SheetRefused("unreadable_file", "the workbook is encrypted")
        if posixpath.basename(one.filename).lower() in ("vbaproject.bin", "vbadata.xml"):
            raise SheetRefused("macro_file", "workbooks with macros are not read: save it as .xlsx")


def _read_apart(copy: IO[bytes]) -> Iterator[Row]:
    """Rows as the child tells them. It waits while nobody takes them."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-I", "-m", "chassis.sheets.xlsx_child", str(MOST_MEMORY), str(MOST_SECONDS)],
        stdin=copy,
        stdout=subprocess.PIPE,
        env={"LANG": "C.UTF-8", "OPENPYXL_LXML": "False"},  # no secrets of ours; the parser that defusedxml guards
        start_new_session=True,  # a signal to all of us is not the workbook's doing
    ) as child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                number, cells, formulas = json.loads(line)
                if number == 0:  # the end, and why
                    if cells:
                        raise SheetRefused(*cells)
                    return
                yield Row(number, cells, tuple(formulas))
        finally:
            child.kill()
    if child.returncode in _KILLED:
        raise SheetRefused("too_large_inside", "reading the workbook takes too much")
    raise RuntimeError(f"the reader of workbooks ended with {child.returncode}")
