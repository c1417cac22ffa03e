"""The parent's side: a warm child for each thread that develops, replaced when it dies and after some time anyway."""

import logging
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Self

from chassis.errors import Unavailable
from media.adapters.darkroom import pipe
from media.application.ports import Developed, NotAPhoto
from media.domain.errors import Unfit

log = logging.getLogger(__name__)

PICTURES_A_CHILD = 100  # then a new one, so that nothing piles up in it
PATIENCE_FACTOR = 2.5  # by the clock a picture may take so many times its processor time
START_PATIENCE = 20.0  # seconds


class Darkrooms:
    """Up to `size` children at once; a caller waits for a free one. Start them before the first picture."""

    def __init__(self, size: int, *, memory: int, seconds: float) -> None:
        self._children = [_Child(memory, seconds) for _ in range(size)]
        self._free: queue.SimpleQueue[_Child] = queue.SimpleQueue()
        for child in self._children:
            self._free.put(child)

    def start(self) -> None:
        """Starts every child, so that the first pictures find them warm."""
        for child in self._children:
            child.start()

    def develop(self, data: bytes) -> list[Developed]:
        """Every size of the picture. Raises NotAPhoto; Unavailable when it took too long by the clock."""
        child = self._free.get()
        try:
            return child.develop(data)
        finally:
            self._free.put(child)

    def close(self) -> None:
        """Ends the children. A picture under way is nobody's fault then: it raises Unavailable."""
        for child in self._children:
            child.end()
        for _ in self._children:
            try:
                child = self._free.get(timeout=1)
            except queue.Empty:
                return  # a caller that does not come back is over anyway
            child.stop()
            self._free.put(child)  # closed: it refuses whoever takes it


class _Child:
    def __init__(self, memory: int, seconds: float) -> None:
        self._arguments = [str(memory), str(seconds)]
        self._patience = seconds * PATIENCE_FACTOR
        self._process: subprocess.Popen[bytes] | None = None
        self._pictures = 0
        self._closing = False

    def start(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        if self._closing:
            raise Unavailable("the darkroom is closed")
        self.stop()
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-m", "media.adapters.darkroom.child", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"LANG": "C.UTF-8"},  # no secrets of ours
        )
        self._process, self._pictures = process, 0
        assert process.stdout is not None
        warm = False
        with _Patience(process, START_PATIENCE) as patience, suppress(EOFError):
            pipe.read(process.stdout)
            warm = True
        if patience.lost or not warm:
            self.stop()
            raise Unavailable("the darkroom does not start")
        return process

    def develop(self, data: bytes) -> list[Developed]:
        process = self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        self._pictures += 1
        with _Patience(process, self._patience) as patience:
            try:
                pipe.write(process.stdin, data)
                answer = pipe.read_answer(process.stdout)
            except (EOFError, BrokenPipeError):
                raise self._death(process, by_clock=patience.lost) from None
        if patience.lost or self._pictures >= PICTURES_A_CHILD:
            self.stop()
        return answer

    def _death(self, process: subprocess.Popen[bytes], *, by_clock: bool) -> Exception:
        """What it means that the child died over a picture."""
        status = process.wait()
        self.stop()
        if self._closing:
            return Unavailable("the darkroom was closed over a picture")
        if by_clock:
            return Unavailable("a picture took too long by the clock")
        log.warning("a picture ended its child with status %s", status)
        greedy = status in {-signal.SIGXCPU, -signal.SIGKILL, 1}
        return NotAPhoto(Unfit.TOO_LARGE if greedy else Unfit.BROKEN)

    def end(self) -> None:
        self._closing = True
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):  # what was still in the buffer has nobody to go to
                    stream.close()


class _Patience:
    """Kills a process when the block takes longer than `seconds` by the clock.

    The pipe tells of a kill before `kill` returns, so `lost` is set first. Once the block is over it stays as it is.
    """

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        self.lost = False
        self._over = False
        self._deciding = threading.Lock()
        self._process = process
        self._timer = threading.Timer(seconds, self._lose)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._deciding:
            self._over = True

    def _lose(self) -> None:
        with self._deciding:
            if not self._over:
                self.lost = True
                self._process.kill()
