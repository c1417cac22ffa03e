"""The `work` process: plain threads that do what takes long, and what time alone brings about."""

from catalog.bootstrap import build_work
from catalog.settings import WorkSettings
from chassis.postgres import Pool
from chassis.settings import load_or_exit
from chassis.worker import Task, run

LOOK_EVERY = 0.7  # seconds between two looks for an import
LONGEST_STATEMENT = 60_000  # milliseconds


def main(_arguments: list[str]) -> int:
    """Works until SIGTERM."""
    settings = load_or_exit(WorkSettings)
    size = settings.pool_size + settings.import_workers
    pool = Pool(settings.postgres_dsn, size=size, name="catalog-work", statement_timeout_ms=LONGEST_STATEMENT)
    work = build_work(pool, settings.s3_endpoint_url)
    return run(
        "catalog-work",
        settings=settings,
        tasks=[
            Task("timetable", work.timetable.step, every=1.0),
            Task("imports", work.imports.step, every=LOOK_EVERY, threads=settings.import_workers),
        ],
        checks={"postgres": pool.problem},
        on_stopped=pool.close,
    )
