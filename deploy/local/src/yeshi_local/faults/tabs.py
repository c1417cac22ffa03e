"""A browser tab that is never closed: its stream is opened again from where it was, whatever ends it."""

import threading
import time

from yeshi_local.story.api import Api, Bell, Heard
from yeshi_local.testing import until


class Tab:
    """Hears one person's bell at one gateway until `close`."""

    def __init__(self, api: Api, user_id: str) -> None:
        self.user_id = user_id
        self.url = api.url
        self.since = 0  # the bell's seq when the tab had begun: what comes later must be shown
        self._api = api
        self._past: list[Heard] = []
        self._bell: Bell | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def begun(self) -> None:
        """Returns when the stream has said how the bell stands. Raises AssertionError."""
        first = until(lambda: [one for one in self.heard() if one.event == "unread"])[0]
        self.since = int(first.id)

    def heard(self) -> list[Heard]:
        """Every event so far, over all connections."""
        now = self._bell.heard if self._bell is not None else []
        return [*self._past, *now]

    def seqs(self) -> list[int]:
        """The seq of every notification shown, in the order they were shown."""
        return [int(one.data["item"]["seq"]) for one in self.heard() if one.event == "notification"]

    def close(self) -> None:
        """Closes the tab."""
        self._closing.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._closing.is_set():
            bell = self._bell = Bell(self._api, self._last())
            while not bell.ended and not self._closing.wait(0.05):
                pass
            bell.close()
            self._past, self._bell = [*self._past, *bell.heard], None
            time.sleep(0.2)

    def _last(self) -> int | None:
        """The greatest id heard: what a browser sends as Last-Event-ID. A first connection begins at nothing."""
        ids = [int(one.id) for one in self._past if one.id]
        return max(ids) if ids else None
