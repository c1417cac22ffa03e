"""What a run left behind, as plain sets: whoever collects it, the checker reads it the same way."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class OrderRow:
    """One order as stored. `pending_seconds` is 0 unless it is still pending."""

    status: str
    items_total: int
    shipping_fee: int
    total_price: int
    lines_total: int
    pending_seconds: float = 0.0


@dataclass(frozen=True)
class StockRow:
    """One variant's stock; `ledger` is the sum of its ledger, `held` of the reservations held."""

    on_hand: int
    reserved: int
    ledger: int
    held: int


@dataclass
class Evidence:
    """Everything the invariants speak of. Ids are texts."""

    checkouts: list[tuple[str, str]] = field(default_factory=list)  # (buyer, key), one per stored checkout
    orders: dict[str, OrderRow] = field(default_factory=dict)
    stock: dict[str, StockRow] = field(default_factory=dict)
    reservations: dict[str, set[str]] = field(default_factory=dict)  # order → states of its lines
    unpublished: int = 0
    expected: dict[str, set[str]] = field(default_factory=dict)  # consumer → events it must have taken
    taken: dict[str, set[str]] = field(default_factory=dict)  # consumer → events in its inbox
    bells_due: set[tuple[str, str]] = field(default_factory=set)  # (event, recipient)
    bells: list[tuple[str, str]] = field(default_factory=list)
    unread: dict[str, tuple[int, int]] = field(default_factory=dict)  # user → (rows, what the API says)
    streamed: dict[str, list[int]] = field(default_factory=dict)  # user → seqs its stream showed, in order
    pushes: list[tuple[str, str, str]] = field(default_factory=list)  # (retry key, link, recipient)
    delivered: set[str] = field(default_factory=set)  # retry keys that notify has down as delivered by LINE
    given_up: int = 0  # deliveries that will never be tried again
    stuck_deliveries: int = 0
    dead: int = 0
    history: list[tuple[str, int, str | None, str]] = field(default_factory=list)  # (order, version, from, to)
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
