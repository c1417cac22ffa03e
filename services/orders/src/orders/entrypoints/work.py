"""The `work` process: plain threads that void unpaid orders, talk to LINE Pay and forget old keys."""

from chassis import clock
from chassis.postgres import Pool
from chassis.settings import load_or_exit
from chassis.worker import Task, run
from orders.adapters.line_pay import HttpLinePay
from orders.adapters.postgres_reader import PostgresReader
from orders.adapters.unit_of_work import units
from orders.application.line_pay import LinePayWork
from orders.application.payments import DeadKeys
from orders.application.timer import UnpaidTimer
from orders.settings import WorkSettings


def main(_arguments: list[str]) -> int:
    """Works until SIGTERM."""
    settings = load_or_exit(WorkSettings)
    pool = Pool(settings.postgres_dsn, size=settings.pool_size, name="orders-work")
    timer, dead_keys = UnpaidTimer(units(pool), clock.now), DeadKeys(units(pool), clock.now)
    line_pay = HttpLinePay(
        settings.line_pay_url, settings.line_pay_channel_id, settings.line_pay_channel_secret, settings.public_url
    )
    payments = LinePayWork(units(pool), PostgresReader(pool), line_pay, clock.now)
    return run(
        "orders-work",
        settings=settings,
        tasks=[
            Task("unpaid", timer.step, every=1.0),
            Task("line-pay", payments.step, every=0.4, threads=4),
            Task("dead-keys", dead_keys.step, every=600),
        ],
        checks={"postgres": pool.problem},
        on_stopped=pool.close,
    )
