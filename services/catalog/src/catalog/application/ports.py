"""What the use cases need from outside. Adapters implement it for real, tests in memory."""

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from catalog.domain.blocked import BlockedProduct, Place
from catalog.domain.category import Attribute, CategoryTree
from catalog.domain.events import Event
from catalog.domain.invitation import Invitation
from catalog.domain.product import Product, State
from catalog.domain.search import Cursor, Query
from catalog.domain.shop import Shop
from catalog.domain.stock import LedgerEntry, Offer, OrderStock, StockBook, StockLevel
from kernel.rights import Role

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]
Categories = Callable[[], CategoryTree]


@dataclass(frozen=True)
class SellerCopy:
    """What catalog knows of a user's right to sell. The greatest version counts."""

    user_id: UUID
    state: str
    version: int

    @property
    def approved(self) -> bool:
        """Whether the user may sell."""
        return self.state == "approved"


class SellerDirectory(Protocol):
    """The owner of sellerhood, asked once when the copy is missing or would refuse. Raises Unavailable."""

    def ask(self, user_id: UUID) -> SellerCopy | None:
        """The seller, or None when the user is none."""


class Sellers(Protocol):
    """The copies."""

    def get(self, user_id: UUID) -> SellerCopy | None:
        """The copy, held until the transaction ends so that it cannot change meanwhile."""

    def put(self, copies: Sequence[SellerCopy]) -> list[SellerCopy]:
        """Keeps the newer ones and answers those."""


class Shops(Protocol):
    """Shops with their staff."""

    def add(self, shop: Shop) -> bool:
        """False when the id is taken."""

    def get(self, shop_id: UUID, *, lock: bool = False) -> Shop | None:
        """The shop; with `lock` nobody else changes it until the transaction ends."""

    def owned_by(self, owners: Iterable[UUID]) -> list[Shop]:
        """All shops of these owners, locked in the order of their ids."""

    def save(self, shop: Shop) -> None:
        """Writes a locked shop and its staff."""

    def role(self, shop_id: UUID, user_id: UUID) -> Role | None:
        """What the user is in the shop."""


class People(Protocol):
    """The owner of accounts, asked about addresses. Both raise Unavailable."""

    def verified_email(self, user_id: UUID) -> str | None:
        """The normalised address that the user has proved to have; None without one."""

    def invite(self, invitation_id: UUID, email: str) -> None:
        """Has an invitation's letter sent to this address. Raises TooManyRequests after several just now."""


class Invitations(Protocol):
    """Invitations of shops."""

    def add(self, invitation: Invitation) -> bool:
        """False when the id is taken, or somebody else has just invited the same person."""

    def get(self, invitation_id: UUID, *, lock: bool = False) -> Invitation | None:
        """The invitation; with `lock` nobody else changes it until the transaction ends."""

    def pending(self, shop_id: UUID) -> list[Invitation]:
        """Those of a shop that were not settled, also when their time is over, oldest first."""

    def save(self, invitation: Invitation) -> None:
        """Writes a locked invitation, or one of a locked shop."""

    def forget(self, before: datetime) -> None:
        """Drops some that ended before then."""


class Products(Protocol):
    """Products with their variants."""

    def add(self, product: Product) -> bool:
        """False when the id is taken. Raises Missing when a variant's is, by another product; ParentSkuTaken."""

    def get(self, product_id: UUID, *, lock: bool = False) -> Product | None:
        """The product with live variants and the stock seen; with `lock` nobody else changes it meanwhile."""

    def of_variant(self, variant_id: UUID) -> UUID | None:
        """Whose variant this is, deleted or not."""

    def due(self, now: datetime, limit: int) -> list[Product]:
        """Products whose time has come, locked, without those that others hold."""

    def save(self, product: Product) -> None:
        """Writes a locked product and its changed variants. Raises ParentSkuTaken."""


class Stock(Protocol):
    """Levels, ledger and reservations."""

    def open(self, product_id: UUID, variant_ids: Sequence[UUID]) -> None:
        """New variants start with nothing."""

    def lock(self, variant_ids: Iterable[UUID]) -> tuple[dict[UUID, StockLevel], dict[UUID, Offer]]:
        """Levels and offers of these variants, locked in the order of their ids. What is not there is absent."""

    def claim_orders(self, order_ids: Iterable[UUID]) -> dict[UUID, OrderStock]:
        """These orders, locked in the order of their ids; lines of those that hold stock."""

    def entry(self, variant_id: UUID, key: str) -> LedgerEntry | None:
        """The change that was made with this key."""

    def returnable(self, order_id: UUID, variant_id: UUID) -> int:
        """How many of a variant an order took away and has not given back."""

    def labels(self, variant_ids: Sequence[UUID]) -> "list[VariantLabel]":
        """What variants are called, and whose they are."""

    def save_level(self, level: StockLevel, entry: LedgerEntry) -> None:
        """Writes a locked level and why it changed."""

    def save_book(self, book: StockBook, levels: Sequence[StockLevel]) -> None:
        """Writes a batch: its orders, reservations, ledger and these levels."""


@dataclass(frozen=True)
class VariantLabel:
    """What a variant is called, and whose it is."""

    variant_id: UUID
    shop_id: UUID
    seller_id: UUID
    name: str
    options: tuple[str, ...]


class CategoryEditor(Protocol):
    """The tree of categories, for whoever changes it, or puts products into it."""

    def lock(self) -> CategoryTree:
        """The tree; nobody else changes it until the transaction ends."""

    def add(self, category_id: str, parent_id: str | None, name: str, name_en: str, position: int) -> None:
        """One category more."""

    def save(
        self, category_id: str, parent_id: str | None, name: str, name_en: str, position: int, retired: bool
    ) -> None:
        """A category as it is to be."""

    def put_attributes(self, category_id: str, attributes: Sequence[Attribute]) -> None:
        """All attributes of a category, in their order."""

    def in_use(self, category_id: str) -> bool:
        """Whether products that are not deleted are in it. None comes into it until the transaction ends."""

    def divided(self, category_ids: Collection[str]) -> set[str]:
        """Those that have others below them by now. The rest stay leaves until the transaction ends."""

    def grown(self) -> CategoryTree:
        """The tree after the changes, one version further."""


class UnitOfWork(Protocol):
    """One open transaction. What is published goes out when it commits."""

    shops: Shops
    invitations: Invitations
    products: Products
    stock: Stock
    sellers: Sellers
    categories: CategoryEditor

    def publish(self, *events: Event) -> None:
        """Adds events to the transaction."""


Units = Callable[[], AbstractContextManager[UnitOfWork]]


@dataclass(frozen=True)
class ProductPage:
    """Products of one page, and the last id of it when there are more."""

    products: list[Product]
    more: UUID | None


@dataclass(frozen=True)
class ShopPage:
    """Shops of one page, and the last id of it when there are more."""

    shops: list[Shop]
    more: UUID | None


class Reader(Protocol):
    """Questions that change nothing; each is one round trip."""

    def shops(self, shop_ids: Sequence[UUID]) -> dict[UUID, Shop]:
        """Shops by id."""

    def shops_of(self, user_id: UUID, after: UUID | None, limit: int) -> ShopPage:
        """Shops where the user has a role, oldest first."""

    def products(self, product_ids: Sequence[UUID]) -> dict[UUID, Product]:
        """Products by id, with live variants and their stock."""

    def products_of_shop(self, shop_id: UUID, states: Sequence[State], before: UUID | None, limit: int) -> ProductPage:
        """A shop's products, newest first."""

    def blocked(self, after: Place | None, limit: int) -> list[BlockedProduct]:
        """Products that operators took off the market, the latest first."""

    def search(self, query: Query, after: Cursor | None, limit: int) -> "list[Hit]":
        """Public products that a query finds, in its order, `limit` at the most."""

    def about(self, query: Query) -> int:
        """About how many a query finds, without looking at them."""

    def ledger(self, variant_id: UUID, before: int | None, limit: int) -> "list[LedgerLine]":
        """Changes of a variant's on_hand, the latest first."""

    def order_stock(self, order_id: UUID) -> "list[OrderLine]":
        """What became of an order's lines."""

    def of_variants(self, variant_ids: Sequence[UUID]) -> dict[UUID, Product]:
        """Products by the id of a variant; that variant is among theirs, also when it is deleted."""

    def invitations_for(self, user_id: UUID, email: str | None) -> list[tuple[Invitation, str]]:
        """Invitations that were not settled, for this user or this address, with their shops' names, oldest first."""

    def roles(self, pairs: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Role]:
        """Roles by (shop id, user id)."""


@dataclass(frozen=True)
class Hit:
    """A product that was found, and the number its place follows from."""

    product: Product
    key: int


@dataclass(frozen=True)
class LedgerLine:
    """One entry of the ledger as it was written."""

    entry_id: int
    entry: LedgerEntry
    at: datetime


@dataclass(frozen=True)
class OrderLine:
    """One line of an order in stock's books. `returned` came back of what was committed."""

    shop_id: UUID
    line_id: str
    variant_id: UUID
    quantity: int
    state: str
    returned: int
    created_at: datetime
    changed_at: datetime
