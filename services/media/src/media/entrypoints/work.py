"""`work`: photos in child processes, photographs from elsewhere, the metadata mirror, the sweep. Plain threads."""

import sys

from chassis import worker
from chassis.settings import load_or_exit
from media.bootstrap import build_work, database
from media.settings import WorkSettings

LOOK_EVERY = 0.4  # seconds between two looks for a waiting photo
FETCH_EVERY = 1.0  # seconds between two looks for a photograph to be fetched
LEASE_EVERY = 2.0  # seconds between two tries to become the mirror's holder


def start(_arguments: list[str]) -> int:
    """The process."""
    settings = load_or_exit(WorkSettings)
    if problems := settings.problems():
        for problem in problems:
            print(f"settings: {problem}", file=sys.stderr)  # noqa: T201 - logging is not configured yet
        return 2
    on = database(settings, "media-work")
    work = build_work(on, settings)
    return worker.run(
        "media-work",
        settings=settings,
        tasks=[
            worker.Task("photos", work.photos.step, every=LOOK_EVERY, threads=settings.photo_workers),
            worker.Task("fetches", work.fetches.step, every=FETCH_EVERY, threads=settings.fetch_workers),
            worker.Task("mirror", work.mirror.step, every=LEASE_EVERY),
            worker.Task("sweep", work.sweep.step, every=settings.sweep_every_seconds),
        ],
        checks={"mongo": on.problem, "bucket": work.bucket_problem},
        on_stopped=work.close,
    )
