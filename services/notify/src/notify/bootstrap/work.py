"""The work process: its use cases on PostgreSQL, LINE and SNS."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chassis import clock
from chassis.postgres import Pool
from notify.adapters.line_messaging import LineMessaging
from notify.adapters.line_tokens import LineTokens
from notify.adapters.notify_compatible import NoChat, NotifyCompatible
from notify.adapters.postgres_chat import PostgresChatInbox
from notify.adapters.postgres_deliveries import PostgresDeliveries
from notify.adapters.sns import NoTopic, SnsTopic
from notify.adapters.wakeup import Wakeup
from notify.application.budget import BudgetKeeper
from notify.application.chat import ChatDesk
from notify.application.courier import Courier
from notify.application.ports import Way
from notify.domain.preferences import Channel
from notify.settings import CompatibleSettings, MessagingSettings, WorkSettings


@dataclass(frozen=True)
class Work:
    """All use cases of the work process."""

    couriers: Sequence[Courier]
    chat: ChatDesk
    budget: BudgetKeeper
    forget: Callable[[], bool]


def build(settings: WorkSettings, pool: Pool, wakeup: Wakeup) -> Work:
    """The work process's application on PostgreSQL, LINE and SNS."""
    deliveries, inbox = PostgresDeliveries(pool), PostgresChatInbox(pool)
    line, chat = _line(settings)
    ways = {Channel.LINE: line, Channel.SNS: _sns(settings)}
    return Work(
        couriers=[
            Courier(
                channel,
                deliveries,
                way,
                clock=clock.now,
                luck=random.random,
                threads=settings.delivery_threads,
                idle=wakeup.waiter(),
            )
            for channel, way in ways.items()
        ],
        chat=ChatDesk(inbox, chat, settings.public_url, clock.now, wakeup.waiter()),
        budget=BudgetKeeper(deliveries, chat, clock.now),
        forget=lambda: deliveries.forget() | inbox.forget(),
    )


def _line(settings: WorkSettings) -> tuple[Way, LineMessaging | NoChat]:
    home, timeout, threads = settings.public_url, settings.delivery_timeout_seconds, settings.delivery_threads
    if isinstance(settings, MessagingSettings):
        host = settings.line_api_url
        tokens = LineTokens(host, settings.line_channel_id, settings.line_channel_secret, timeout)
        line = LineMessaging(host, tokens, home, timeout=timeout, threads=threads + 1)
        return line, line
    if isinstance(settings, CompatibleSettings):
        url, token = settings.line_notify_url, settings.line_notify_token
        return NotifyCompatible(url, token, home, timeout=timeout, threads=threads), NoChat()
    raise TypeError(f"{type(settings).__name__} names no way to LINE")


def _sns(settings: WorkSettings) -> Way:
    if not settings.sns_topic_arn:
        return NoTopic()
    return SnsTopic(
        settings.sns_topic_arn,
        settings.sns_endpoint_url,
        timeout=settings.delivery_timeout_seconds,
        threads=settings.delivery_threads,
    )
