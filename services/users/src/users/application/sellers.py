"""Becoming a seller, and the platform's decisions about sellers."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from chassis.errors import Missing, Unauthenticated
from users.application import views
from users.application.ports import Clock, Policy, Units
from users.application.views import View
from users.domain.events import SellerChanged
from users.domain.seller import Kind, Seller, State


@dataclass(frozen=True)
class BecomeSeller:
    """A user wants to sell."""

    by: UUID
    kind: Kind
    display_name: str
    phone: str
    tax_id: str | None = None


class SellerDesk:
    """Use cases of sellerhood."""

    def __init__(self, units: Units, reading: Units, policy: Policy, clock: Clock) -> None:
        self._units = units
        self._reading = reading
        self._policy = policy
        self._clock = clock

    def become(self, command: BecomeSeller) -> View:
        """The caller as a seller; one already answers as they are. Raises Invalid, Unauthenticated."""
        seller = Seller.applied(
            command.by,
            command.kind,
            command.display_name,
            command.phone,
            self._clock(),
            approve=self._policy.approve_sellers,
            tax_id=command.tax_id,
        )
        with self._units() as unit:
            if unit.sellers.add(seller):
                unit.publish(SellerChanged(seller))
                return views.seller(seller, inside=True)
            known = unit.sellers.get(command.by)
        if known is None or known.state is State.CLOSED:
            raise Unauthenticated("this account is gone")
        return views.seller(known, inside=True)

    def own(self, by: UUID) -> View:
        """The caller as a seller. Raises Missing when they are none."""
        with self._reading() as unit:
            seller = unit.sellers.get(by)
        if seller is None:
            raise Missing
        return views.seller(seller, inside=True)

    def decide(self, operator: UUID, seller_id: UUID, state: State, only_from: Collection[State] | None = None) -> View:
        """An operator's decision; repeating it changes nothing. Raises Missing, IllegalTransition."""
        with self._units() as unit:
            seller = unit.sellers.get(seller_id, lock=True)
            if seller is None:
                raise Missing
            if seller.decide(state, operator, self._clock(), only_from):
                unit.sellers.save(seller)
                unit.publish(SellerChanged(seller))
        return views.seller(seller, inside=True)

    def page(self, state: State | None, after: UUID | None, limit: int) -> View:
        """Sellers for an operator, a page at a time, in the order of their accounts."""
        with self._reading() as unit:
            found = unit.sellers.page(state, after, limit + 1)
        more = str(found[limit - 1].id) if len(found) > limit else None
        return {"items": [views.seller(one, inside=True) for one in found[:limit]], "next_cursor": more}

    def many(self, seller_ids: list[UUID]) -> View:
        """Sellers by id; who is none is absent."""
        with self._reading() as unit:
            found = unit.sellers.many(seller_ids)
        return {"items": {str(one.id): views.seller(one, inside=False) for one in found}}
