"""Where the letters lie: one file each, named by when they came."""

import os
import secrets
import time
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

MOST = 1000  # letters


@dataclass(frozen=True)
class Kept:
    """A letter. `to` are the envelope's recipients."""

    id: str
    to: tuple[str, ...]
    message: EmailMessage

    def part(self, kind: str) -> str:
        """The text of its `plain` or `html` part; nothing if it has none."""
        body = self.message.get_body(preferencelist=(kind,))
        return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""

    def shown(self) -> dict[str, object]:
        """As JSON."""
        return {
            "id": self.id,
            "to": list(self.to),
            "from": str(self.message["From"]),
            "subject": str(self.message["Subject"]),
            "message_id": str(self.message["Message-ID"]),
            "text": self.part("plain"),
        }


class Box:
    """A folder of letters, the newest so many."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self._folder = folder
        self._most = most
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, to: list[str], raw: bytes) -> None:
        """Writes a letter down whole or not at all."""
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        unfinished = self._folder / f"{name}.part"
        unfinished.write_bytes("".join(f"X-Envelope-To: {one}\r\n" for one in to).encode() + raw)
        os.replace(unfinished, self._folder / f"{name}.eml")
        for old in self._files()[self._most :]:
            old.unlink(missing_ok=True)

    def letters(self, to: str = "", most: int = 100) -> list[Kept]:
        """The newest first; with `to`, those to this address."""
        found = []
        for file in self._files():
            letter = self._read(file)
            if not to or to.lower() in (one.lower() for one in letter.to):
                found.append(letter)
            if len(found) == most:
                break
        return found

    def get(self, letter_id: str) -> Kept | None:
        """One letter."""
        file = next((one for one in self._files() if one.stem == letter_id), None)
        return self._read(file) if file else None

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.eml"), reverse=True)

    @staticmethod
    def _read(file: Path) -> Kept:
        message = message_from_bytes(file.read_bytes(), policy=default)
        return Kept(file.stem, tuple(str(one) for one in message.get_all("X-Envelope-To", [])), message)
