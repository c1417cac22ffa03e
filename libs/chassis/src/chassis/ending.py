"""When a process of plain threads is asked to end."""

import signal
from queue import SimpleQueue


class Ending:
    """Made in the main thread, which waits in it until SIGTERM, SIGINT or one of the threads asks the process to end.

    A handler runs in the main thread and may interrupt the very wait that it is to end. An Event's `set` would then
    want the lock that its own `wait` holds, and neither would ever return; a SimpleQueue's `put` may interrupt its
    `get`.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[None] = SimpleQueue()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ask())

    def ask(self) -> None:
        """From any thread, or a handler."""
        self._asked.put(None)

    def wait(self) -> None:
        """Returns once somebody has asked."""
        self._asked.get()
