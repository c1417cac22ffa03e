"""Catalog in memory: the same application on parts that forget everything."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from catalog.application.invitations import Invite
from catalog.application.ports import Hit, LedgerLine, OrderLine, ProductPage, SellerCopy, ShopPage, VariantLabel
from catalog.application.shops import OpenShop
from catalog.bootstrap import Catalog, assemble
from catalog.domain import search
from catalog.domain.blocked import BlockedProduct
from catalog.domain.category import Attribute, Category, CategoryTree
from catalog.domain.product import State
from catalog.domain.search import Sort
from catalog.domain.stock import Offer, OrderState, OrderStock, StockLevel
from catalog.domain.variant import StockSeen
from chassis.errors import Missing, Unavailable
from kernel.rights import Role

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
ADDRESS = {"city": "臺北市", "district": "大同區", "postal_code": "103", "line": "寧夏路 1 號"}
TREE = CategoryTree(
    (
        Category(
            "food",
            "美食",
            "Food",
            (
                Category(
                    "tea",
                    "茶葉",
                    "Tea",
                    attributes=(
                        Attribute("origin", "產地", "Origin", "text", required=True),
                        Attribute("weight", "重量", "Weight", "integer", required=False, unit="公克"),
                        Attribute("roast", "焙火", "Roast", "choice", required=False, choices=("輕", "中", "重")),
                        Attribute("picked_on", "採收日", "Picked on", "date", required=False),
                        Attribute("organic", "有機", "Organic", "boolean", required=False),
                        Attribute("acidity", "酸鹼值", "pH", "number", required=False),
                    ),
                ),
                Category("snacks", "零食", "Snacks"),
            ),
        ),
        Category("others", "其他", "Others"),
    )
)


@dataclass
class Store:
    """What would be tables."""

    shops: dict = field(default_factory=dict)
    invitations: dict = field(default_factory=dict)
    products: dict = field(default_factory=dict)
    levels: dict = field(default_factory=dict)
    orders: dict = field(default_factory=dict)
    ledger: list = field(default_factory=list)
    sellers: dict = field(default_factory=dict)
    events: list = field(default_factory=list)
    tree: CategoryTree = TREE


class MemoryUnit:
    """A unit of work on a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.shops = _Shops(store)
        self.invitations = _Invitations(store)
        self.products = _Products(store)
        self.stock = _Stock(store)
        self.sellers = _Sellers(store)
        self.categories = _Categories(store)

    def publish(self, *events: object) -> None:
        self.store.events.extend(copy.deepcopy(events))


class _Shops:
    def __init__(self, store):
        self.store = store

    def add(self, shop):
        if shop.id in self.store.shops:
            return False
        self.store.shops[shop.id] = copy.deepcopy(shop)
        return True

    def get(self, shop_id, *, lock=False):
        return copy.deepcopy(self.store.shops.get(shop_id))

    def owned_by(self, owners):
        return [copy.deepcopy(shop) for shop in self.store.shops.values() if shop.owner_id in set(owners)]

    def save(self, shop):
        self.store.shops[shop.id] = copy.deepcopy(shop)

    def role(self, shop_id, user_id):
        return self.store.shops[shop_id].staff.get(user_id)


class _Invitations:
    def __init__(self, store):
        self.store = store

    def add(self, invitation):
        if invitation.id in self.store.invitations:
            return False
        self.save(invitation)
        return True

    def get(self, invitation_id, *, lock=False):
        return copy.deepcopy(self.store.invitations.get(invitation_id))

    def pending(self, shop_id):
        found = [one for one in self.store.invitations.values() if one.shop_id == shop_id and one.state == "pending"]
        return copy.deepcopy(found)

    def save(self, invitation):
        self.store.invitations[invitation.id] = copy.deepcopy(invitation)

    def forget(self, before):
        old = [one.id for one in self.store.invitations.values() if one.expires_at < before]
        for one in old:
            del self.store.invitations[one]


class _Products:
    def __init__(self, store):
        self.store = store

    def add(self, product):
        if product.id in self.store.products:
            return False
        if any(self.of_variant(one.id) for one in product.variants):
            raise Missing
        self.save(product)
        return True

    def get(self, product_id, *, lock=False):
        return seen(self.store, product_id)

    def of_variant(self, variant_id):
        return next((p.id for p in self.store.products.values() for v in p.variants if v.id == variant_id), None)

    def due(self, now, limit):
        due = [one.id for one in self.store.products.values() if one.next_at is not None and one.next_at <= now]
        return [seen(self.store, one) for one in due[:limit]]

    def save(self, product):
        product.changed_variants.clear()
        self.store.products[product.id] = copy.deepcopy(product)


class _Stock:
    def __init__(self, store):
        self.store = store

    def open(self, product_id, variant_ids):
        self.store.levels.update({one: StockLevel(one, product_id) for one in variant_ids})

    def lock(self, variant_ids):
        levels, offers = {}, {}
        for variant_id in variant_ids:
            if variant_id not in self.store.levels:
                continue
            levels[variant_id] = self.store.levels[variant_id]
            product = seen(self.store, levels[variant_id].product_id)
            variant = next(one for one in product.variants if one.id == variant_id)
            levels[variant_id].low_at = variant.low_stock_at
            offers[variant_id] = Offer(product.shop_id, variant.price_version, product.public and not variant.deleted)
        return levels, offers

    def claim_orders(self, order_ids):
        return {one: self.store.orders.setdefault(one, OrderStock(one)) for one in order_ids}

    def entry(self, variant_id, key):
        return next((one for one in self.store.ledger if (one.variant_id, one.key) == (variant_id, key)), None)

    def returnable(self, order_id, variant_id):
        return -sum(one.delta for one in self.store.ledger if (one.order_id, one.variant_id) == (order_id, variant_id))

    def labels(self, variant_ids):
        labels = []
        for variant_id in variant_ids:
            product = seen(self.store, self.store.levels[variant_id].product_id)
            [one] = [one for one in product.variants if one.id == variant_id]
            labels.append(VariantLabel(variant_id, product.shop_id, product.seller_id, product.name, one.options))
        return labels

    def save_level(self, level, entry):
        self.store.ledger.append(entry)

    def save_book(self, book, levels):
        self.store.ledger.extend(book.entries)
        for entry in book.entries:
            self.store.products[self.store.levels[entry.variant_id].product_id].sold -= entry.delta


class _Categories:
    """A tree of frozen nodes, made anew with every change."""

    def __init__(self, store):
        self.store = store

    def lock(self):
        return self.store.tree

    def add(self, category_id, parent_id, name, name_en, position):
        self._put(Category(category_id, name, name_en, position=position), parent_id)

    def save(self, category_id, parent_id, name, name_en, position, retired):
        node = self.store.tree.node(category_id)
        self.store.tree = CategoryTree(_without(self.store.tree.tops, category_id), self.store.tree.version)
        self._put(replace(node, name=name, name_en=name_en, position=position, retired=retired), parent_id)

    def put_attributes(self, category_id, attributes):
        node, way = self.store.tree.node(category_id), self.store.tree.way_to(category_id)
        self.store.tree = CategoryTree(_without(self.store.tree.tops, category_id), self.store.tree.version)
        self._put(replace(node, attributes=tuple(attributes)), way[-2].id if len(way) > 1 else None)

    def _put(self, node, parent_id):
        tops = self.store.tree.tops
        tops = (*tops, node) if parent_id is None else _below(tops, parent_id, node)
        self.store.tree = CategoryTree(tops, self.store.tree.version)

    def in_use(self, category_id):
        return any(
            one.category_id == category_id and one.state is not State.DELETED for one in self.store.products.values()
        )

    def grown(self):
        self.store.tree = CategoryTree(self.store.tree.tops, self.store.tree.version + 1)
        return self.store.tree


def _without(nodes, category_id):
    return tuple(
        replace(node, children=_without(node.children, category_id)) for node in nodes if node.id != category_id
    )


def _below(nodes, parent_id, child):
    return tuple(
        replace(
            node,
            children=(*node.children, child) if node.id == parent_id else _below(node.children, parent_id, child),
        )
        for node in nodes
    )


class _Sellers:
    def __init__(self, store):
        self.store = store

    def get(self, user_id):
        return self.store.sellers.get(user_id)

    def put(self, copies):
        newer = [
            one
            for one in copies
            if one.user_id not in self.store.sellers or one.version > self.store.sellers[one.user_id].version
        ]
        self.store.sellers.update({one.user_id: one for one in newer})
        return newer


def seen(store, product_id):
    """A product as a reader would find it."""
    product = copy.deepcopy(store.products.get(product_id))
    if product is None:
        return None
    shop = store.shops[product.shop_id]
    product.shop_open = shop.state == "open"
    product.shop_ships_by = tuple(option.method for option in shop.shipping)
    for variant in product.variants:
        if level := store.levels.get(variant.id):
            variant.stock = StockSeen(level.on_hand, level.reserved, level.version)
    return product


class MemoryReader:
    """Answers from a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def shops(self, shop_ids):
        return {one: copy.deepcopy(self.store.shops[one]) for one in shop_ids if one in self.store.shops}

    def shops_of(self, user_id, after, limit):
        shops = sorted((one for one in self.store.shops.values() if user_id in one.staff), key=lambda one: one.id)
        shops = [one for one in shops if after is None or one.id > after]
        return ShopPage(shops[:limit], shops[limit - 1].id if len(shops) > limit else None)

    def products(self, product_ids):
        return {one: seen(self.store, one) for one in product_ids if one in self.store.products}

    def products_of_shop(self, shop_id, states, before, limit):
        return self._page(lambda one: one.shop_id == shop_id and one.state in states, before, limit)

    def search(self, query, after, limit):
        hits = sorted((Hit(one, self._key(query, one)) for one in self._fitting(query)), key=_place(query.sort))
        if after is not None:
            last = _place(query.sort)(Hit(seen(self.store, after.product_id), after.key))
            hits = [hit for hit in hits if _place(query.sort)(hit) > last]
        return hits[:limit]

    def about(self, query):
        return len(self._fitting(query))

    def _fitting(self, query):
        def fits(one):
            price = min(variant.price.final for variant in one.live)
            return (
                one.public
                and all(word in search.normalised(one.name) for word in query.words)
                and (query.categories is None or one.category_id in query.categories)
                and (query.shop_id is None or one.shop_id == query.shop_id)
                and (query.condition is None or one.condition == query.condition)
                and (query.min_price or 0) <= price
                and (query.max_price is None or price <= query.max_price)
            )

        return [one for one in (seen(self.store, product_id) for product_id in self.store.products) if fits(one)]

    @staticmethod
    def _key(query, one):
        name = search.normalised(one.name)
        return {
            Sort.RELEVANCE: 3 if name == query.phrase else 2 if name.startswith(query.phrase) else query.phrase in name,
            Sort.SALES: one.sold,
            Sort.NEWEST: 0,
        }.get(query.sort, min(variant.price.final for variant in one.live))

    def ledger(self, variant_id, before, limit):
        lines = [LedgerLine(at, one, NOON) for at, one in enumerate(self.store.ledger) if one.variant_id == variant_id]
        return [one for one in reversed(lines) if before is None or one.entry_id < before][:limit]

    def order_stock(self, order_id):
        order = self.store.orders.get(order_id, OrderStock(order_id))
        return [
            OrderLine(
                shop_id=seen(self.store, self.store.levels[line.variant_id].product_id).shop_id,
                line_id=line.line_id,
                variant_id=line.variant_id,
                quantity=line.quantity,
                state=order.state.value,
                returned=sum(
                    one.delta
                    for one in self.store.ledger
                    if (one.order_id, one.variant_id, one.reason) == (order_id, line.variant_id, "returned")
                ),
                created_at=NOON,
                changed_at=NOON,
            )
            for line in order.lines
        ]

    def _page(self, fits, before, limit):
        found = [seen(self.store, one) for one in sorted(self.store.products, reverse=True)]
        found = [one for one in found if fits(one) and (before is None or one.id < before)]
        return ProductPage(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def blocked(self, after, limit):
        found = [self._blocked(one) for one in self.store.products.values() if one.state is State.BLOCKED]
        found.sort(key=lambda one: (one.block.at, one.product_id), reverse=True)
        beyond = (after.at, after.product_id) if after else None
        return [one for one in found if not beyond or (one.block.at, one.product_id) < beyond][:limit]

    def _blocked(self, one):
        shop = self.store.shops[one.shop_id]
        block = copy.deepcopy(one.block)
        return BlockedProduct(one.id, one.name, shop.id, shop.name, shop.owner_id, block, one.version)

    def of_variants(self, variant_ids):
        owners = {v.id: p.id for p in self.store.products.values() for v in p.variants}
        return {one: seen(self.store, owners[one]) for one in variant_ids if one in owners}

    def invitations_for(self, user_id, email):
        found = [one for one in self.store.invitations.values() if one.state == "pending"]
        meant = [one for one in found if one.meant_for(user_id, email)]
        return [(copy.deepcopy(one), self.store.shops[one.shop_id].name) for one in meant]

    def roles(self, pairs):
        roles = {pair: self.store.shops[pair[0]].staff.get(pair[1]) for pair in pairs}
        return {pair: role for pair, role in roles.items() if role}


def _place(sort):
    """What hits are sorted by."""
    if sort is Sort.PRICE_ASC:
        return lambda hit: (hit.key, hit.product.id.int)
    return lambda hit: (-hit.key, -hit.product.id.int)


@dataclass
class Directory:
    """Users, asked directly."""

    sellers: dict = field(default_factory=dict)
    asked: int = 0

    def ask(self, user_id: UUID) -> SellerCopy | None:
        self.asked += 1
        return self.sellers.get(user_id)


@dataclass
class People:
    """Users, asked about addresses."""

    emails: dict = field(default_factory=dict)
    letters: list = field(default_factory=list)
    away: bool = False

    def verified_email(self, user_id: UUID) -> str | None:
        if self.away:
            raise Unavailable("users is not there")
        return self.emails.get(user_id)

    def invite(self, invitation_id: UUID, email: str) -> None:
        if self.away:
            raise Unavailable("users is not there")
        self.letters.append((invitation_id, email))


@dataclass
class World:
    """A market with one approved seller."""

    store: Store = field(default_factory=Store)
    directory: Directory = field(default_factory=Directory)
    people: People = field(default_factory=People)
    seller: UUID = field(default_factory=uuid4)
    now: datetime = NOON
    app: Catalog = field(init=False)

    def __post_init__(self) -> None:
        reader = MemoryReader(self.store)
        self.app = assemble(self.unit, self.unit, reader, reader, lambda: self.store.tree, self.tick, uuid4)
        self.store.sellers[self.seller] = SellerCopy(self.seller, "approved", 1)

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    @contextmanager
    def unit(self) -> Iterator[MemoryUnit]:
        before = copy.deepcopy(vars(self.store))
        try:
            yield MemoryUnit(self.store)
        except BaseException:
            vars(self.store).update(before)
            raise

    def shop(self, **values) -> UUID:
        shop_id = uuid4()
        wanted = {"by": self.seller, "shop_id": shop_id, "name": "寧夏茶行", "kind": "茶行", "address": ADDRESS}
        self.app.shops.open(OpenShop(**{**wanted, **values}), self.directory)
        return shop_id

    def wait(self, **time) -> None:
        """Time passes, and what is due happens."""
        self.now += timedelta(**time)
        self.app.timetable.step()

    def hire(self, shop_id: UUID, role: Role, user_id: UUID | None = None) -> UUID:
        """Somebody who was invited by the seller, and accepted."""
        user_id = user_id or uuid4()
        invite = Invite(self.seller, uuid4(), shop_id, role, user_id=user_id)
        self.app.invitations.invite(invite, self.people)
        self.app.invitations.accept(user_id, invite.invitation_id, self.people, self.directory)
        return user_id

    def settle(self, *moves) -> None:
        with self.unit() as unit:
            self.app.stock.settle(moves, unit)

    def heard(self, kind: type) -> list:
        """Events of a kind since the world began."""
        return [event for event in self.store.events if isinstance(event, kind)]

    def order_state(self, order_id: UUID) -> OrderState:
        return self.store.orders[order_id].state


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def make_product(world):
    """Makes a product in a shop; what is not said is ordinary."""
    from catalog.application.products import MakeProduct

    def make(shop_id=None, **values):
        wanted = {
            "by": world.seller,
            "product_id": uuid4(),
            "shop_id": shop_id or world.shop(),
            "name": "凍頂烏龍茶",
            "price": 680,
            "category": "snacks",
            "desc": "清香回甘",
            "discount": 80,
            "condition": "new",
        }
        return world.app.products.make(MakeProduct(**{**wanted, **values}))

    return make


@pytest.fixture
def listed(world, make_product):
    """A listed product with ten of each variant."""

    def make(**values):
        product = make_product(**values)
        for variant in product["variants"]:
            world.app.stock.put(world.seller, UUID(variant["product_variant_id"]), 10)
        return world.app.listing.put_on_list(world.seller, UUID(product["product_id"]), world.directory)

    return make
