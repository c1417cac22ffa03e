"""The payment timer: the only thing that ends an order because of time."""

from orders.application.ports import Clock, Units

MOST = 100


class UnpaidTimer:
    """Voids orders that nobody has paid in time. Any number may run: each takes what no other has."""

    def __init__(self, units: Units, now: Clock) -> None:
        self._units = units
        self._now = now

    def step(self) -> bool:
        """One batch. Answers whether there may be more at once. Raises Unavailable."""
        now = self._now()
        with self._units() as unit:
            due = unit.orders.due(now, MOST)
            for order in due:
                order.expire(now)
            if due:
                unit.orders.save(due)
                unit.publish(*(event for order in due for event in order.events))
        return len(due) == MOST
