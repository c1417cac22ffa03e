"""Tables as people send them: CSV in the encodings of Taiwan, and XLSX. Read and written as a stream, never evaluated.

Whoever reads is a worker that a stranger's file must not hurt: sizes are bounded before anything is unpacked, a library
reads workbooks in a child process with bounds of its own, and a formula is told from a text.
"""

from chassis.sheets.cells import Row, SheetRefused, escaped, unescaped
from chassis.sheets.read import Sheet, read
from chassis.sheets.write import CsvWriter, Writer, XlsxWriter, writer, written

__all__ = [
    "CsvWriter",
    "Row",
    "Sheet",
    "SheetRefused",
    "Writer",
    "XlsxWriter",
    "escaped",
    "read",
    "unescaped",
    "writer",
    "written",
]
