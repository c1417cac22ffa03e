"""The work process: deliveries to LINE and SNS, answers in the LINE chat, and forgetting what is long settled."""

import logging

from chassis import logs, worker
from chassis.postgres import Pool
from chassis.settings import load_or_exit
from chassis.worker import Task
from notify.adapters.wakeup import Wakeup
from notify.bootstrap.work import build
from notify.settings import work_settings

CONNECTIONS = 5  # one for each task that may hold one
BUDGET_EVERY = 60.0  # seconds
FORGET_EVERY = 600.0  # seconds


def start(_arguments: list[str]) -> int:
    """The process."""
    settings = load_or_exit(work_settings())
    logs.configure("notify-work", settings.log_level)
    logging.getLogger("linebot").setLevel(logging.WARNING)  # at DEBUG it writes down whole answers
    pool = Pool(settings.postgres_dsn, size=CONNECTIONS, name="notify-work")
    wakeup = Wakeup(settings.postgres_dsn)
    work = build(settings, pool, wakeup)

    def stopped() -> None:
        for courier in work.couriers:
            courier.close()
        wakeup.close()
        pool.close()

    return worker.run(
        "notify-work",
        settings=settings,
        tasks=[
            Task("wakeup", wakeup.listen),
            *(Task(f"deliver-{courier.channel}", courier.step) for courier in work.couriers),
            Task("chat", work.chat.step),
            Task("budget", work.budget.step, every=BUDGET_EVERY),
            Task("forget", work.forget, every=FORGET_EVERY),
        ],
        checks={"postgres": pool.problem},
        on_stopped=stopped,
    )
