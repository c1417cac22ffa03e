"""What a run left behind, as plain sets: whoever collects it, the checker reads it the same way. Ids are texts."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class OrderRow:
    """One order as stored. `overdue`: seconds that it is unpaid beyond its time, 0 for every other."""

    status: str
    items_total: int
    shipping_fee: int
    total_price: int
    lines_total: int
    version: int = 1
    buyer: str = ""
    seller: str = ""
    method: str = "cod"
    void_reason: str | None = None
    overdue: float = 0.0


@dataclass(frozen=True)
class Line:
    """Some pieces of an order."""

    order: str
    line: str
    variant: str
    quantity: int


@dataclass(frozen=True)
class Reservation:
    """What catalog holds for a line, in this state since `changed`; made at `made`, both seconds since the epoch."""

    line: Line
    state: str
    made: float = 0.0
    changed: float = 0.0


@dataclass(frozen=True)
class StockRow:
    """One variant's stock. `ledger` is the sum of its ledger, `given` of what did not leave for an order, `held` of the
    reservations held.
    """

    on_hand: int
    reserved: int
    ledger: int
    held: int
    given: int


@dataclass(frozen=True)
class Step:
    """One row of an order's history."""

    order: str
    version: int
    before: str | None
    after: str
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Bell:
    """A notification: of which order, what of it, for whom."""

    order: str
    type: str
    user: str


@dataclass(frozen=True)
class Delivery:
    """A notification on its way out. `overdue`: it waits, and its next try should have been a minute ago."""

    notification: str
    user: str
    channel: str
    state: str
    retry_key: str
    attempts: int
    overdue: bool = False


@dataclass(frozen=True)
class Stream:
    """A tab: the seqs that it had to show since it was open, and those it showed, in their order."""

    due: list[int]
    shown: list[int]


@dataclass
class Evidence:
    """Everything the invariants speak of."""

    checkouts: list[tuple[str, str]] = field(default_factory=list)  # (buyer, key), one per stored checkout
    orders: dict[str, OrderRow] = field(default_factory=dict)
    placed: dict[str, tuple[str, str]] = field(default_factory=dict)  # orders of this run → (buyer, key)
    lines: set[Line] = field(default_factory=set)
    stock: dict[str, StockRow] = field(default_factory=dict)
    reservations: list[Reservation] = field(default_factory=list)
    history: list[Step] = field(default_factory=list)
    unpublished: int = 0
    ready_after: float = 0.0  # seconds from the end of load and faults until every process is ready
    published_after: float = 0.0  # and from then until outboxes are empty
    expected: dict[str, set[str]] = field(default_factory=dict)  # consumer → events it must have taken
    taken: dict[str, set[str]] = field(default_factory=dict)  # consumer → events in its inbox
    bells: list[Bell] = field(default_factory=list)  # of the orders of this run
    unread: dict[str, tuple[int, int]] = field(default_factory=dict)  # user → (rows, what the API says)
    streamed: dict[str, Stream] = field(default_factory=dict)  # by the tab's name
    bound: dict[str, set[str]] = field(default_factory=dict)  # user → channels by which every bell must leave
    rung: dict[str, set[str]] = field(default_factory=dict)  # user → notifications
    deliveries: list[Delivery] = field(default_factory=list)
    pushes: list[tuple[str, str, str]] = field(default_factory=list)  # LINE took: (retry key, message, recipient)
    published: list[str] | None = None  # notifications that SNS sent on; None when nobody listened
    given_up: int = 0  # deliveries that will never be tried again
    dead: int = 0
    stale_copies: list[str] = field(default_factory=list)
    photos_promised: set[str] = field(default_factory=set)
    photos_seen: set[str] = field(default_factory=set)  # named by their document, and served
    wanted_descriptions: dict[str, int] = field(default_factory=dict)  # metadata id → the last number written
    described: dict[str, int] = field(default_factory=dict)
    passed: int = 0  # people at the door
    counted: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)
    not_ready: list[str] = field(default_factory=list)
