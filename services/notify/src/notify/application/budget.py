"""Opening the month's LINE budget again before the month is over, for an account whose plan was raised."""

import logging
from datetime import timedelta

from notify.application.ports import Budget, Clock, Quota

log = logging.getLogger(__name__)

BELIEVED_FOR = timedelta(hours=1)  # LINE's numbers are approximate: its refusal counts for longer than they do


class BudgetKeeper:
    """Asks LINE whether a closed budget still is one."""

    def __init__(self, budget: Budget, quota: Quota, clock: Clock) -> None:
        self._budget = budget
        self._quota = quota
        self._clock = clock

    def step(self) -> bool:
        """Opens the budget when LINE has messages left. There is never more work than that."""
        refused_at = self._budget.refused_at()
        if refused_at is None or self._clock() - refused_at < BELIEVED_FOR:
            return False
        if self._quota.messages_left() and self._budget.open(refused_at):
            log.info("LINE has messages left: pushes go on")
        return False
