"""The `work` process: plain threads that send the letters the service has written down."""

from chassis.postgres import Pool
from chassis.settings import load_or_exit
from chassis.worker import Task, run
from users.bootstrap import mailing
from users.settings import WorkSettings

THREADS = 2


def start(_arguments: list[str]) -> int:
    """Works until SIGTERM."""
    settings = load_or_exit(WorkSettings)
    pool = Pool(settings.postgres_dsn, size=THREADS + 1, name="users-work")
    return run(
        "users-work",
        settings=settings,
        tasks=[Task("mails", mailing(pool, settings).step, every=0.5, threads=THREADS)],
        checks={"postgres": pool.problem},
        on_stopped=pool.close,
    )
