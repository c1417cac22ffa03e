"""Sessions that were ended while their access tokens still run."""

import time
from collections.abc import Callable

Listener = Callable[[str], None]


class RevokedSessions:
    """The deny list. An entry stays until the last access token of its session has expired."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._until: dict[str, float] = {}
        self._listeners: list[Listener] = []
        self._swept = 0.0
        self.known = False  # whether users has told what was revoked before we listened

    def on_revoked(self, listener: Listener) -> None:
        """Called with each session id that is revoked from now on."""
        self._listeners.append(listener)

    def revoke(self, session_id: str, until: float) -> None:
        """Refuses this session's tokens until that moment, in seconds since the epoch."""
        self._sweep()
        fresh = session_id not in self._until
        self._until[session_id] = max(until, self._until.get(session_id, 0.0))
        if fresh:
            for listener in self._listeners:
                listener(session_id)

    def __contains__(self, session_id: str) -> bool:
        return self._until.get(session_id, 0.0) > self._now()

    def __len__(self) -> int:
        return len(self._until)

    def _sweep(self) -> None:
        now = self._now()
        if now - self._swept > 60:
            self._swept = now
            self._until = {session_id: until for session_id, until in self._until.items() if until > now}
