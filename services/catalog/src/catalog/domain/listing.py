"""Where a product stands on the market: one table of states, and every way from one to another."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from catalog.domain import text
from catalog.domain.category import Category
from catalog.domain.errors import IllegalTransition, NotListable, ProductBlocked
from catalog.domain.shop_page import ShippingMethod
from catalog.domain.terms import Terms, not_offered
from chassis.errors import Invalid

if TYPE_CHECKING:
    from catalog.domain.variant import Variant

FURTHEST = timedelta(days=366)  # that a listing can be planned ahead

Problems = dict[str, Any]


class State(StrEnum):
    """Where a product stands. `scheduled` 預約上架 lists itself; `blocked` was taken off by an operator."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LISTED = "listed"
    UNLISTED = "unlisted"
    BLOCKED = "blocked"
    DELETED = "deleted"


ALLOWED: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.SCHEDULED, State.LISTED, State.BLOCKED, State.DELETED}),
    State.SCHEDULED: frozenset({State.LISTED, State.UNLISTED, State.BLOCKED, State.DELETED}),
    State.LISTED: frozenset({State.UNLISTED, State.BLOCKED, State.DELETED}),
    State.UNLISTED: frozenset({State.SCHEDULED, State.LISTED, State.BLOCKED, State.DELETED}),
    State.BLOCKED: frozenset({State.UNLISTED, State.DELETED}),
    State.DELETED: frozenset(),
}
OFF_THE_MARKET = frozenset({State.DRAFT, State.UNLISTED, State.BLOCKED})


@dataclass(frozen=True)
class Block:
    """Why an operator took a product off the market. Its seller reads the reason, nobody else does."""

    reason: str
    at: datetime
    by: UUID


class Listing(ABC):
    """The moves of a product between its states."""

    state: State
    listed_at: datetime | None
    list_at: datetime | None
    list_problems: Problems | None
    block: Block | None
    attributes: dict[str, Any]
    terms: Terms
    shop_open: bool
    shop_ships_by: tuple[ShippingMethod, ...]
    touched: bool

    @property
    @abstractmethod
    def live(self) -> "list[Variant]":
        """Variants that are not deleted."""

    def list_publicly(self, category: Category, at: datetime) -> None:
        """上架. Raises NotListable with everything that is missing, ProductBlocked, IllegalTransition."""
        if self.state is State.LISTED:
            return
        self._may_move_to(State.LISTED)
        problems = self.lacks(category)
        if not self.shop_open:
            problems["shop"] = "not open"
        if problems:
            raise NotListable("the product is not complete", problems=problems)
        self._set(state=State.LISTED, listed_at=at, list_at=None, list_problems=None)

    def schedule(self, category: Category, list_at: datetime, now: datetime) -> None:
        """預約上架: it lists itself then.

        Raises Invalid for a moment that is not ahead, and what `list_publicly` does.
        """
        if not now < list_at <= now + FURTHEST:
            raise Invalid(f"list_at must lie ahead, at most {FURTHEST.days} days", field="list_at")
        if self.state is not State.SCHEDULED:
            self._may_move_to(State.SCHEDULED)
        if problems := self.lacks(category):
            raise NotListable("the product is not complete", problems=problems)
        self._set(state=State.SCHEDULED, list_at=list_at, list_problems=None)

    def list_when_due(self, category: Category, now: datetime) -> None:
        """Lists it when its moment has come; if it is not complete any more it is unlisted and says why.

        A shop that is closed just then keeps nobody from listing: its products come back when it opens.
        """
        if self.state is not State.SCHEDULED or self.list_at is None or self.list_at > now:
            return
        problems = self.lacks(category)
        if problems:
            self._set(state=State.UNLISTED, list_at=None, list_problems=problems)
        else:
            self._set(state=State.LISTED, listed_at=now, list_at=None)

    def stay_listable(self, category: Category, before: Problems) -> None:
        """What is listed, or will be, cannot be changed into what could not be; what it lacked before is not held
        against it. Raises NotListable.
        """
        if self.state not in (State.LISTED, State.SCHEDULED):
            return
        problems = {name: found for name, found in self.lacks(category).items() if found != before.get(name)}
        if problems:
            raise NotListable("a listed product must stay complete: unlist it first", problems=problems)

    def lacks(self, category: Category) -> Problems:
        """Everything that keeps it from being listed, by what it is."""
        problems: Problems = {}
        if missing := category.missing(self.attributes):
            problems["missing_attributes"] = missing
        if unpriced := [str(one.id) for one in self.live if one.pricing.lowest <= 0]:
            problems["without_price"] = unpriced
        wanted = self.terms.shipping_methods
        if wanted is not None and len(not_offered(wanted, self.shop_ships_by)) == len(wanted):
            problems["shipping_methods"] = "the shop ships by none of them"
        return problems

    def unlist(self) -> None:
        """下架; a plan to list it is dropped. What is off the market stays as it is. Raises IllegalTransition for a
        deleted one.
        """
        if self.state in OFF_THE_MARKET:
            return
        self._may_move_to(State.UNLISTED)
        self._set(state=State.UNLISTED, list_at=None)

    def block_for(self, reason: str, by: UUID, at: datetime) -> None:
        """An operator takes it off the market; a blocked one gets the new reason. Raises Invalid, IllegalTransition."""
        words = text.line(reason, "reason", 500)
        if self.state is State.BLOCKED and self.block is not None and self.block.reason == words:
            return
        if self.state is not State.BLOCKED:
            self._may_move_to(State.BLOCKED)
        self._set(state=State.BLOCKED, block=Block(words, at, by), list_at=None)

    def unblock(self) -> None:
        """The operator's decision is over: its shop may list it again. One that is not blocked stays as it is."""
        if self.state is State.BLOCKED:
            self._set(state=State.UNLISTED, block=None)

    def delete(self) -> None:
        """Takes it away for good; what is reserved of it still ships. Repeating it changes nothing."""
        if self.state is not State.DELETED:
            self._may_move_to(State.DELETED)
            self._set(state=State.DELETED, list_at=None)

    def _may_move_to(self, target: State) -> None:
        if target in ALLOWED[self.state]:
            return
        if self.state is State.BLOCKED and self.block is not None:
            raise ProductBlocked("an operator took this product off the market", reason=self.block.reason)
        raise IllegalTransition(f"a {self.state} product cannot become {target}", state=self.state.value)

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
                self.touched = True
