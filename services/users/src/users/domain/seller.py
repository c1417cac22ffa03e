"""The right to sell."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.errors import Invalid
from kernel import phones
from users.domain import tax_id as tax_ids
from users.domain import text
from users.domain.errors import IllegalTransition

AUTOMATIC = "automatic"


class State(StrEnum):
    """Where a seller stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUSPENDED = "suspended"
    CLOSED = "closed"  # the account was deleted


ALLOWED: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.APPROVED, State.REJECTED}),
    State.APPROVED: frozenset({State.SUSPENDED}),
    State.REJECTED: frozenset({State.APPROVED}),
    State.SUSPENDED: frozenset({State.APPROVED}),
    State.CLOSED: frozenset(),
}


class Kind(StrEnum):
    """Who sells."""

    PERSON = "person"
    COMPANY = "company"


@dataclass(eq=False)
class Seller:
    """A user as a seller. `decided_by` is `automatic`, or the id of whoever set the state."""

    id: UUID
    kind: Kind
    display_name: str
    phone: str
    state: State
    decided_by: str
    created_at: datetime
    changed_at: datetime
    version: int = 1
    tax_id: str | None = None

    @classmethod
    def applied(
        cls,
        user_id: UUID,
        kind: Kind,
        display_name: str,
        phone: str,
        at: datetime,
        *,
        approve: bool,
        tax_id: str | None = None,
    ) -> "Seller":
        """A new one: approved at once, or waiting for an operator. A company has a 統一編號, a person has none.

        Raises Invalid.
        """
        if (tax_id is not None) != (kind is Kind.COMPANY):
            raise Invalid("a company, and nobody else, names its 統一編號", field="tax_id")
        return cls(
            id=user_id,
            kind=kind,
            display_name=text.line(display_name, "display_name", 60),
            phone=phones.normalised(phone),
            state=State.APPROVED if approve else State.PENDING,
            decided_by=AUTOMATIC,
            created_at=at,
            changed_at=at,
            tax_id=tax_ids.normalised(tax_id) if tax_id is not None else None,
        )

    def decide(self, state: State, by: UUID, at: datetime, only_from: Collection[State] | None = None) -> bool:
        """An operator's decision, about a seller in one of these states if any are named. False when it stands so
        already. Raises IllegalTransition.
        """
        if state is self.state:
            return False
        if state not in ALLOWED[self.state] or (only_from is not None and self.state not in only_from):
            raise IllegalTransition(f"a seller who is {self.state} cannot become {state}", state=self.state.value)
        self._become(state, by, at)
        return True

    def close(self, at: datetime) -> None:
        """The account is deleted: nobody sells any more, and nothing tells who it was."""
        self.display_name = self.phone = ""
        self.tax_id = None
        self._become(State.CLOSED, self.id, at)

    def _become(self, state: State, by: UUID, at: datetime) -> None:
        self.state = state
        self.decided_by = str(by)
        self.changed_at = at
        self.version += 1
