"""The `work` process: plain threads that do what time alone brings about."""

from catalog.bootstrap import build
from catalog.settings import WorkSettings
from chassis.postgres import Pool
from chassis.settings import load_or_exit
from chassis.worker import Task, run


def main(_arguments: list[str]) -> int:
    """Works until SIGTERM."""
    settings = load_or_exit(WorkSettings)
    pool = Pool(settings.postgres_dsn, size=settings.pool_size, name="catalog-work")
    app = build(pool)
    return run(
        "catalog-work",
        settings=settings,
        tasks=[Task("timetable", app.timetable.step, every=1.0)],
        checks={"postgres": pool.problem},
        on_stopped=pool.close,
    )
