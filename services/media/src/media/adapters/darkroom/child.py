"""The child process: `python -I -m media.adapters.darkroom.child MEMORY_BYTES CPU_SECONDS`.

It has no secrets in its environment, may not write files, and dies of too much memory or time. It ends with its input.
"""

import io
import math
import os
import resource
import sys
import warnings
from typing import BinaryIO

from PIL import Image

from media.adapters.darkroom import pipe
from media.adapters.darkroom.develop import develop
from media.application.ports import Developed, NotAPhoto

MOST_FILES = 8
NICENESS = 5  # photos wait for a moment rather than everything else for them


def main(arguments: list[str]) -> int:
    """Answers one picture after another."""
    memory, seconds = int(arguments[0]), float(arguments[1])
    warnings.simplefilter("ignore")  # pictures of strangers are full of small faults
    requests, answers = _private_streams()
    _warm_up()
    _lock_in(memory)
    pipe.write(answers, b"ready")
    while True:
        try:
            data = pipe.read(requests)
        except EOFError:
            return 0
        _allow(seconds)
        pipe.write_answer(answers, _developed(data))


def _developed(data: bytes) -> list[Developed] | NotAPhoto:
    try:
        return develop(data)
    except NotAPhoto as error:
        return error


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """The pipes, where nothing that a library prints can get in between."""
    requests, answers = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    os.close(0)
    os.open(os.devnull, os.O_RDONLY)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


def _warm_up() -> None:
    """Loads whatever is loaded at first use."""
    for kind in ("JPEG", "PNG", "WEBP"):
        sample = io.BytesIO()
        Image.new("RGB", (64, 64), "white").save(sample, kind)
        develop(sample.getvalue())


def _lock_in(memory: int) -> None:
    os.nice(NICENESS)
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, MOST_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _allow(seconds: float) -> None:
    """So many more seconds of processor time; then the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
