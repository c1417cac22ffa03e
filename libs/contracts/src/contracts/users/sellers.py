"""The right to sell: asking for it, deciding on it, and what others may know of it."""

from typing import ClassVar, Literal

import msgspec

from contracts.message import Message

SellerState = Literal["pending", "approved", "rejected", "suspended", "closed"]  # closed: the account was deleted


class SellerChangedV1(Message, frozen=True, kw_only=True):
    """A user's right to sell, as it stands now. `decided_by` is `automatic` or the user id of who set the state.

    With their account a seller is `closed`, without a name.
    """

    source: ClassVar[str] = "users"
    topic: ClassVar[str] = "users.seller_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("catalog", "notify")
    subject_field: ClassVar[str] = "user_id"
    state_of: ClassVar[str | None] = "seller"

    user_id: str
    version: int
    state: SellerState
    display_name: str
    changed_at: str  # RFC 3339, UTC
    decided_by: str = "automatic"


class BecomeSeller(msgspec.Struct, frozen=True, kw_only=True):
    """`become_seller`: repeated by the same user, it answers the state as it is. A company names its 統一編號."""

    kind: Literal["person", "company"]
    display_name: str
    phone: str
    tax_id: str | None = None


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """A user's sellerhood. `seller_id` is the user id. The last five are for themselves and operators only."""

    seller_id: str
    state: SellerState
    kind: Literal["person", "company"]
    display_name: str
    version: int
    phone: str | None = None
    tax_id: str | None = None
    decided_by: str | None = None
    created_at: str | None = None
    changed_at: str | None = None


class DecideSeller(msgspec.Struct, frozen=True, kw_only=True):
    """`decide_seller`, by an operator: the target state. With `only_from`, sellers in other states are refused, so that
    approving an application does not lift a suspension.
    """

    seller_id: str
    state: Literal["approved", "rejected", "suspended"]
    only_from: list[SellerState] | None = None


class ListSellers(msgspec.Struct, frozen=True, kw_only=True):
    """`list_sellers`, by an operator: `{"items": [Seller], "next_cursor"}`, in the order of their ids."""

    state: SellerState | None = None
    cursor: str | None = None
    limit: int = 50


class SellerIds(msgspec.Struct, frozen=True, kw_only=True):
    """`get_sellers`: the question another service asks when its copy is missing or would refuse.

    Answers `{"items": {seller_id: Seller}}`; who is no seller is absent.
    """

    seller_ids: list[str]
