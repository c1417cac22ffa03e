"""What tests and the story read letters with."""

import re
import time
import weakref
from typing import Any

import httpx

TOKEN = re.compile(r"#token=([A-Za-z0-9_-]+)")


class Mailbox:
    """The mailbox page at `url`."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=10, trust_env=False)
        weakref.finalize(self, self.http.close)

    def letters(self, to: str) -> list[dict[str, Any]]:
        """What this address got, the newest first."""
        answer = self.http.get("/mailbox/letters", params={"to": to})
        answer.raise_for_status()
        return list(answer.json()["letters"])

    def token(self, to: str, page: str, patience: float = 20) -> str:
        """The token in the newest letter to this address that links to `page`. Raises AssertionError without one."""
        deadline = time.monotonic() + patience
        while True:
            for letter in self.letters(to):
                if page in letter["text"] and (found := TOKEN.search(letter["text"])):
                    return found[1]
            if time.monotonic() > deadline:
                raise AssertionError(f"no letter with a link to {page} arrived within {patience} s")
            time.sleep(0.1)
