"""One PostgreSQL transaction as a unit of work."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from chassis.postgres import EventUnit, Pool, Transaction, units_on
from notify.adapters.postgres_bells import PostgresBells
from notify.adapters.postgres_copies import PostgresAudience, PostgresLinePeople, PostgresShops, PostgresWishes
from notify.adapters.postgres_outgoing import PostgresOutgoing
from notify.adapters.published_events import to_contract
from notify.application.ports import Audience, Bells, LinePeople, Outgoing, Shops, Units, Wishes
from notify.domain.bell import BellChanged

InContext = Callable[[BellChanged], AbstractContextManager[object]]


class PostgresUnit(EventUnit[BellChanged]):
    """The repositories on one open transaction. `in_context` says under whose trace an event goes out."""

    def __init__(self, tx: Transaction, in_context: InContext | None = None) -> None:
        super().__init__(tx, to_contract, in_context)
        self.bells: Bells = PostgresBells(tx.cursor)
        self.shops: Shops = PostgresShops(tx.cursor)
        self.audience: Audience = PostgresAudience(tx.cursor)
        self.line: LinePeople = PostgresLinePeople(tx.cursor)
        self.wishes: Wishes = PostgresWishes(tx.cursor)
        self.outgoing: Outgoing = PostgresOutgoing(tx.cursor)


def units(pool: Pool) -> Units:
    """Makes units of work on a pool."""
    return units_on(pool, PostgresUnit)
