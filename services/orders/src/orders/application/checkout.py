"""Checkout: waiting ones share one transaction. What is refused falls out of it, the rest commits."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis.errors import Missing, Refusal
from orders.application import views
from orders.application.group_commit import together, turns
from orders.application.ports import (
    CatalogDirectory,
    Clock,
    Reader,
    Standing,
    StoredCheckout,
    UnitOfWork,
    Units,
)
from orders.application.second_look import SecondLook
from orders.application.views import View
from orders.domain.checkout import Placement, Wish, place
from orders.domain.errors import IdTaken, KeyReused, TooManyCheckouts

KEY_LIVES = timedelta(hours=24)
MINUTE = timedelta(minutes=1)

Answer = View | Refusal
Verdict = Placement | StoredCheckout | Refusal


class CheckoutDesk:
    """Takes checkouts, `per_minute` of a user at most."""

    def __init__(self, units: Units, reader: Reader, now: Clock, per_minute: int) -> None:
        self._units = units
        self._reader = reader
        self._now = now
        self._per_minute = per_minute
        self._second_look = SecondLook(units)

    def take(self, wishes: Sequence[Wish], catalog: CatalogDirectory) -> list[Answer]:
        """The checkout or the refusal of each, by position.

        Those of one buyer run one after the other, the rest together. The same key again gets the stored checkout as
        it is now. Refusals: KeyReused, TooManyCheckouts, IdTaken, what `place` raises, and Unavailable.
        """
        answers: dict[int, Answer] = {}
        for turn in turns(wishes, lambda wish: wish.by):
            taken = self._looked_twice([wish for _, wish in turn], catalog)
            answers.update(zip([position for position, _ in turn], taken, strict=True))
        return [answers[position] for position in range(len(wishes))]

    def get(self, by: UUID, checkout_id: UUID) -> View:
        """The buyer's own checkout. Raises Missing."""
        found = self._reader.checkouts([checkout_id]).get(checkout_id)
        if found is None or found[0] != by:
            raise Missing
        return views.checkout(checkout_id, found[1], replayed=True)

    def _looked_twice(self, wishes: Sequence[Wish], catalog: CatalogDirectory) -> list[Answer]:
        answers = self._together(wishes)
        refused = [(wish, one) for wish, one in zip(wishes, answers, strict=True) if isinstance(one, Refusal)]
        again = self._second_look.hopeful(refused, catalog)
        if not again:
            return answers
        newer = dict(zip([wish.checkout_id for wish in again], self._together(again), strict=True))
        return [newer.get(wish.checkout_id, answer) for wish, answer in zip(wishes, answers, strict=True)]

    def _together(self, wishes: Sequence[Wish]) -> list[Answer]:
        return together(wishes, self._in_one_transaction, lambda: IdTaken("checkout_id and order_ids must be new"))

    def _in_one_transaction(self, wishes: Sequence[Wish]) -> list[Answer]:
        now = self._now()
        with self._units() as unit:
            standings = unit.checkouts.admit(wishes, now)
            _let_go_of_old_keys(unit, standings, now)
            verdicts = [self._verdict(wish, one, now) for wish, one in zip(wishes, standings, strict=True)]
            placements = [verdict for verdict in verdicts if isinstance(verdict, Placement)]
            if placements:
                unit.checkouts.add(placements)
                unit.carts.remove(_bought(placements))
                unit.publish(*(event for one in placements for placed in one.orders for event in placed.order.events))
        return self._answers(verdicts)

    def _verdict(self, wish: Wish, standing: Standing, now: datetime) -> Verdict:
        """A repeated key is answered however busy its buyer is; only new checkouts are limited."""
        stored, turn = standing.stored, standing.turn
        if stored is not None and not _is_over(stored, now):
            if stored.fingerprint != wish.fingerprint:
                return KeyReused("this key stands for another request")
            return stored
        if turn.count > self._per_minute:
            wait = max(1, round((turn.since + MINUTE - now).total_seconds()))
            return TooManyCheckouts(f"at most {self._per_minute} checkouts a minute", retry_after=wait)
        try:
            return place(wish, standing.cart, now)
        except Refusal as refusal:
            return refusal

    def _answers(self, verdicts: Sequence[Verdict]) -> list[Answer]:
        again = [verdict.checkout_id for verdict in verdicts if isinstance(verdict, StoredCheckout)]
        stored = self._reader.checkouts(again) if again else {}
        answers: list[Answer] = []
        for verdict in verdicts:
            if isinstance(verdict, StoredCheckout):
                _, orders = stored[verdict.checkout_id]
                answers.append(views.checkout(verdict.checkout_id, orders, replayed=True))
            elif isinstance(verdict, Placement):
                answers.append(views.checkout(verdict.wish.checkout_id, verdict.orders, replayed=False))
            else:
                answers.append(verdict)
        return answers


def _is_over(stored: StoredCheckout, now: datetime) -> bool:
    return stored.created_at < now - KEY_LIVES


def _let_go_of_old_keys(unit: UnitOfWork, standings: Sequence[Standing], now: datetime) -> None:
    over = [one.stored.checkout_id for one in standings if one.stored is not None and _is_over(one.stored, now)]
    if over:
        unit.checkouts.release(over)


def _bought(placements: Sequence[Placement]) -> list[tuple[UUID, UUID]]:
    return [
        (placement.wish.by, line.variant_id)
        for placement in placements
        for placed in placement.orders
        for line in placed.lines
    ]
