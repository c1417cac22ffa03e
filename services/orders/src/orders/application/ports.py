"""What the use cases need from outside. Adapters implement it for real, tests in memory."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from kernel.rights import Role
from orders.domain.cart import CartLine
from orders.domain.checkout import PlacedOrder, Placement, Wish
from orders.domain.events import Event
from orders.domain.offer import CoverPhoto, Offer, ProductCopy, Shop, StockHint
from orders.domain.order import Order, Status
from orders.domain.payment import Payment

Clock = Callable[[], datetime]
KnownOffer = tuple[Offer, Shop | None]


class StorageFault(Exception):
    """The transaction could not be done, though the database is there. Nothing of it is left."""


class Duplicate(StorageFault):
    """An id or a key that was to be new is taken."""


class CatalogDirectory(Protocol):
    """The owner of offers and shops, asked once when a copy is missing or would refuse. All raise Unavailable."""

    def offers(self, variant_ids: Sequence[UUID]) -> dict[UUID, Offer]:
        """Offers by variant id, with stock; unknown ones are absent. `listed` is false in a closed shop too."""

    def shops(self, shop_ids: Sequence[UUID]) -> dict[UUID, Shop]:
        """Shops by id as anybody sees them: without staff, so incomplete."""

    def role(self, user_id: UUID, shop_id: UUID) -> Role | None:
        """What the user is in the shop."""


class Carts(Protocol):
    """Carts and what is known today of what lies in them."""

    def lock(self, buyer_ids: Iterable[UUID]) -> None:
        """Nobody else changes these carts until the transaction ends. Locked in the order of their buyers' ids."""

    def lines(self, buyer_ids: Iterable[UUID]) -> dict[UUID, list[CartLine]]:
        """What lies in these carts, oldest first."""

    def put(self, lines: Sequence[tuple[UUID, CartLine]]) -> None:
        """The lines of these buyers become these."""

    def remove(self, lines: Iterable[tuple[UUID, UUID]]) -> None:
        """Takes (buyer, variant) lines out; those not there do not matter."""


@dataclass(frozen=True, slots=True)
class StoredCheckout:
    """A checkout that was kept under a key."""

    checkout_id: UUID
    fingerprint: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """How many checkouts a buyer has made in the minute that began `since`, this one included."""

    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What a checkout finds when its turn comes: what was kept under its key, and what the cart holds of its shops."""

    turn: Turn
    stored: StoredCheckout | None
    cart: Sequence[CartLine]


class Checkouts(Protocol):
    """Checkouts by their keys."""

    def admit(self, wishes: Sequence[Wish], at: datetime) -> list[Standing]:
        """Locks the buyers' carts in the order of their ids, counts one checkout more for each, and answers what each
        wish finds then, by position; lines of carts are the oldest first. The buyers are different ones.
        """

    def release(self, checkout_ids: Iterable[UUID]) -> None:
        """These have outlived their keys: the keys are free again."""

    def add(self, placements: Sequence[Placement]) -> None:
        """Keeps checkouts with orders, lines and history. Raises Duplicate, at the latest when the unit ends."""


class Orders(Protocol):
    """Orders without their lines."""

    def get(self, order_id: UUID) -> Order | None:
        """The order, locked until the transaction ends."""

    def get_many(self, order_ids: Iterable[UUID]) -> dict[UUID, Order]:
        """Orders by id, locked in the order of their ids until the transaction ends."""

    def due(self, at: datetime, limit: int) -> list[Order]:
        """Unpaid orders whose time is over, locked; those that somebody else has locked are left out."""

    def save(self, orders: Iterable[Order]) -> None:
        """Writes locked orders with their steps."""


@dataclass(frozen=True, slots=True)
class PayRequest:
    """What somebody asks for under a key."""

    order_id: UUID
    fingerprint: str


class Payments(Protocol):
    """LINE Pay payments, one row for each try of an order; and the keys of whoever pays or takes money."""

    def current(self, order_id: UUID) -> Payment | None:
        """The last try."""

    def keep_key(self, by: UUID, key: str, request: PayRequest, at: datetime, dead: datetime) -> PayRequest | None:
        """What this person's key has stood for since `dead` or later; None: from now on it stands for this request."""

    def forget_keys(self, dead: datetime, most: int) -> int:
        """Deletes up to so many keys from before `dead`, and answers how many those were."""

    def by_line_order(self, line_order_id: str) -> Payment | None:
        """The try that LINE Pay knows by this orderId."""

    def add(self, payment: Payment) -> None:
        """A new try."""

    def save(self, payment: Payment) -> None:
        """Writes a try whose order is locked."""

    def wake(self, order_id: UUID) -> None:
        """The last try, if there is one, has something to do at once."""

    def claim(self, at: datetime, until: datetime) -> Payment | None:
        """A try that has something to do, put off until then so that nobody else takes it meanwhile."""


class Copies(Protocol):
    """What orders knows of catalog and media. The greatest version of each thing counts."""

    def put_products(self, products: Sequence[ProductCopy]) -> None:
        """Keeps newer products whole; variants that are gone are not for sale."""

    def put_offers(self, offers: Sequence[Offer]) -> None:
        """Keeps single offers that are not older than the copy, with their stock."""

    def put_stock(self, hints: Sequence[StockHint]) -> None:
        """Keeps newer hints."""

    def put_shops(self, shops: Sequence[Shop]) -> None:
        """Keeps newer shops; a complete one replaces an incomplete one of its version."""

    def put_photos(self, photos: Sequence[CoverPhoto]) -> None:
        """Keeps newer cover photos."""


@dataclass(frozen=True, slots=True)
class PayReply:
    """What LINE Pay said. `code` is its returnCode, empty when no answer came; the rest is there where it was said."""

    code: str
    transaction_id: str | None = None
    payment_url: str | None = None
    line_order_id: str | None = None
    amount: int | None = None
    captured: bool = False
    refunded: int = 0


class LinePay(Protocol):
    """LINE Pay's Online API. No method raises: trouble on the way is a reply without a code."""

    def request(self, line_order_id: str, placed: PlacedOrder) -> PayReply:
        """Asks for the order's total: transaction id and the address where the buyer approves."""

    def check(self, transaction_id: str) -> PayReply:
        """How far the buyer is; the code says it."""

    def confirm(self, transaction_id: str, amount: int) -> PayReply:
        """Takes the approved money."""

    def refund(self, transaction_id: str, amount: int) -> PayReply:
        """Gives it back."""

    def details(self, transaction_id: str) -> PayReply:
        """What was paid and what was given back."""


class UnitOfWork(Protocol):
    """One open transaction. What is published goes out when it commits."""

    carts: Carts
    checkouts: Checkouts
    orders: Orders
    payments: Payments
    copies: Copies

    def publish(self, *events: Event) -> None:
        """Adds events to the transaction."""


Units = Callable[[], AbstractContextManager[UnitOfWork]]


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Orders of one page, and the last id of it when there are more."""

    orders: list[PlacedOrder]
    more: UUID | None


@dataclass(frozen=True, slots=True)
class Day:
    """What a day brought."""

    orders: int
    revenue: int


class Reader(Protocol):
    """Questions that change nothing; each is one round trip."""

    def cart(self, buyer_id: UUID) -> list[CartLine]:
        """A cart, oldest line first."""

    def offers(self, variant_ids: Collection[UUID]) -> dict[UUID, KnownOffer]:
        """The copies of offers with their shops', by variant id."""

    def orders(self, order_ids: Sequence[UUID]) -> dict[UUID, PlacedOrder]:
        """Orders by id, whole."""

    def checkouts(self, checkout_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, list[PlacedOrder]]]:
        """Buyer and orders of checkouts, by checkout id."""

    def orders_of_buyer(
        self, buyer_id: UUID, statuses: Sequence[Status], shop_id: UUID | None, before: UUID | None, limit: int
    ) -> OrderPage:
        """A buyer's orders, newest first."""

    def orders_of_shops(
        self, shop_ids: Sequence[UUID], statuses: Sequence[Status], before: UUID | None, limit: int
    ) -> OrderPage:
        """Orders of shops, newest first."""

    def role(self, user_id: UUID, shop_id: UUID) -> Role | None:
        """What the user is in the shop, as far as the copy knows."""

    def roles_of(self, user_id: UUID) -> dict[UUID, Role]:
        """Shops whose people the user belongs to, and what they are there."""

    def count(self, shop_ids: Sequence[UUID]) -> Mapping[Status, int]:
        """How many orders stand in each status."""

    def day(self, shop_ids: Sequence[UUID], earning: Sequence[UUID], since: UUID) -> Day:
        """How much was ordered since the smallest id of a moment, and the money of what of it stands and needs no
        payment any more, in the shops of `earning` only.
        """
