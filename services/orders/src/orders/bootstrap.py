"""The one place where orders' real parts meet."""

from dataclasses import dataclass
from datetime import timedelta

from chassis import clock
from chassis.postgres import Pool
from orders.adapters.postgres_reader import PostgresReader
from orders.adapters.unit_of_work import units
from orders.application.carts import CartDesk
from orders.application.checkout import CheckoutDesk
from orders.application.orders import OrderDesk
from orders.application.payments import DeadKeys, PaymentDesk
from orders.application.ports import Clock, Reader, Units
from orders.application.settling import Settling
from orders.application.staffing import Staffing
from orders.application.timer import UnpaidTimer


@dataclass(frozen=True)
class Orders:
    """All use cases."""

    carts: CartDesk
    checkouts: CheckoutDesk
    orders: OrderDesk
    payments: PaymentDesk
    settling: Settling
    timer: UnpaidTimer
    dead_keys: DeadKeys


def assemble(units: Units, reader: Reader, now: Clock, *, pay_within: timedelta, per_minute: int) -> Orders:
    """The application on whatever parts it is given."""
    staffing = Staffing(reader)
    return Orders(
        carts=CartDesk(units, reader, now),
        checkouts=CheckoutDesk(units, reader, now, per_minute),
        orders=OrderDesk(units, reader, staffing, now),
        payments=PaymentDesk(units, reader, staffing, now),
        settling=Settling(now, pay_within),
        timer=UnpaidTimer(units, now),
        dead_keys=DeadKeys(units, now),
    )


def build(pool: Pool, *, pay_within: timedelta, per_minute: int) -> Orders:
    """The application on PostgreSQL."""
    return assemble(units(pool), PostgresReader(pool), clock.now, pay_within=pay_within, per_minute=per_minute)
