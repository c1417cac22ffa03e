"""The server's side of SMTP (RFC 5321), as far as programs that send need it."""

import asyncio
import re
from collections.abc import Callable

LONGEST_LINE = 64 * 1024  # bytes
LARGEST = 10 * 1024 * 1024
PATIENCE = 60.0  # seconds for the next line

Keep = Callable[[list[str], bytes], None]

_PATH = re.compile(rb"(?:FROM|TO):\s*<([^<>\s]*)>", re.IGNORECASE)
#: An address that begins like `refuse-550` is answered with that reply.
_REFUSED = re.compile(r"refuse-([45][0-9]{2})\b")


class Smtp:
    """Hands every letter to `keep(recipients, bytes)` before it says that it has it."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            async with asyncio.timeout(PATIENCE * 10):
                await self._converse(reader, writer)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass  # the other side hung up, or talks nonsense
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mailbox.local ESMTP\r\n")
        recipients: list[str] = []
        while line := await asyncio.wait_for(reader.readline(), PATIENCE):
            verb = line[:4].upper()
            if verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                await writer.drain()
                return
            if verb in (b"EHLO", b"HELO"):
                recipients = []
                writer.write(f"250-mailbox.local\r\n250-8BITMIME\r\n250 SIZE {LARGEST}\r\n".encode())
            elif verb == b"RCPT":
                writer.write(_recipient(line, recipients))
            elif verb == b"DATA" and recipients:
                writer.write(b"354 go on\r\n")
                raw = await self._data(reader)
                self._keep(recipients, raw)
                recipients = []
                writer.write(b"250 kept\r\n")
            elif verb in (b"MAIL", b"RSET", b"NOOP"):
                recipients = []
                writer.write(b"250 ok\r\n")
            else:
                writer.write(b"503 not now\r\n" if verb == b"DATA" else b"502 not here\r\n")
            await writer.drain()

    @staticmethod
    async def _data(reader: asyncio.StreamReader) -> bytes:
        lines, size = [], 0
        while (line := await asyncio.wait_for(reader.readline(), PATIENCE)) != b".\r\n":
            size += len(line)
            if not line or size > LARGEST:
                raise ConnectionError("the letter was cut off or is too large")
            lines.append(line.removeprefix(b"."))  # section 4.5.2: a dot was put before a line's own dot
        return b"".join(lines)


def _recipient(line: bytes, recipients: list[str]) -> bytes:
    match = _PATH.search(line)
    address = match[1].decode("ascii", "replace") if match else ""
    if refused := _REFUSED.match(address):
        return f"{refused[1]} as asked\r\n".encode()
    if "@" not in address:
        return b"501 whom?\r\n"
    recipients.append(address)
    return b"250 ok\r\n"
