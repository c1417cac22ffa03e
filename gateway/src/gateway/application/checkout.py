"""Checkout at the door: accepted by orders, settled by events, answered once with how the orders stand."""

import hashlib
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from chassis.errors import Invalid, Kind, Refusal, Unauthenticated, Unavailable
from chassis.ids import uuid7
from gateway.application.waiting import Waiter, Waiters

log = logging.getLogger(__name__)

Principal = dict[str, Any] | None
View = dict[str, Any]
Answer = tuple[int, View, dict[str, str]]

PATIENCE = 1.5  # seconds that an accepted checkout waits for its orders to be settled
RETRY_AFTER = 1  # seconds
UNKNOWN = "the checkout may or may not have been taken; send it again with the same Idempotency-Key"
MOST_SHOPS = 100
FEW = 3  # checkouts under way
MANY = 32  # that travel together: with more, those of the next batch wait too long for this one
FIELDS = ("payment_method", "shipping", "note", "expected_total")
KEY = re.compile(r"[\x21-\x7e]{8,128}")


class IdempotencyKeyRequired(Refusal):
    """Without a key a repeated request would buy twice."""

    code = "idempotency_key_required"
    kind = Kind.MALFORMED


class IdempotencyKeyInvalid(Refusal):
    """A key has 8 to 128 visible ASCII characters."""

    code = "idempotency_key_invalid"
    kind = Kind.MALFORMED


@dataclass(frozen=True, slots=True)
class OrderSettled:
    """An order left `pending`: its stock is held (`unpaid`, with a time to pay in, or `to_ship`), or it is `void` for a
    reason.
    """

    order_id: str
    status: str
    void_reason: str | None = None
    voided_by: str | None = None
    pay_before: str | None = None


class Orders(Protocol):
    """The service that owns orders."""

    async def checkout(self, principal: Principal, item: View, company: int) -> View:
        """Contract `Checkout`, answers `CheckoutResult`. It may wait a moment until so many can be sent together.

        Raises its refusals, and Unavailable.
        """

    async def get_checkout(self, principal: Principal, checkout_id: str) -> View:
        """The checkout as it stands. Raises Missing, Unavailable."""


def idempotency_key(given: str | None) -> str:
    """The key of a request that creates something. Raises IdempotencyKeyRequired, IdempotencyKeyInvalid."""
    if not given:
        raise IdempotencyKeyRequired("send an Idempotency-Key header, and the same one when you try again")
    if not KEY.fullmatch(given):
        raise IdempotencyKeyInvalid("an Idempotency-Key has 8 to 128 visible ASCII characters")
    return given


def fingerprint(payload: Mapping[str, Any]) -> str:
    """Hex SHA-256 of a request body, whatever the order of its fields."""
    canonical = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


class CheckoutDesk:
    """Takes checkouts and waits, within reason, until their stock is settled."""

    def __init__(
        self, orders: Orders, *, new_id: Callable[[], UUID] = uuid7, patience: float = PATIENCE, most: int = 10_000
    ) -> None:
        self._orders = orders
        self._new_id = new_id
        self._patience = patience
        self.waiters: Waiters[OrderSettled] = Waiters(most)

    def settled(self, checkout_id: str, news: OrderSettled) -> None:
        """An event told how an order of a checkout stands."""
        self.waiters.tell(checkout_id, news)

    async def place(self, principal: Principal, payload: Mapping[str, Any], key: str | None) -> Answer:
        """Status, body and headers: 201 when no order is pending any more, 202 when some are.

        Body: `{checkout_id, orders}` as in contracts.orders.Order. A replayed key answers the stored checkout as it
        stands. Raises the refusals of orders; Unavailable with `retry_after` when the checkout was not accepted or
        that is unknown, and then the same request with the same key is right.
        """
        if principal is None:
            raise Unauthenticated("log in first")
        item = self._item(payload, idempotency_key(key))
        checkout_id = item["checkout_id"]
        with self.waiters.expect(checkout_id) as waiter:
            try:
                result = await self._orders.checkout(principal, item, self._company())
            except Unavailable as error:
                log.warning("a checkout's fate is unknown: %s %s", error.code, error.detail)
                raise Unavailable(UNKNOWN, retry_after=RETRY_AFTER) from error
            if result["checkout_id"] == checkout_id:
                result = await self._settle(principal, result, waiter)
        orders = result["orders"]
        status = 202 if _pending(orders) else 201
        headers = {"Idempotency-Replayed": "true"} if result.get("replayed") else {}
        return status, {"checkout_id": result["checkout_id"], "orders": orders}, headers

    def _company(self) -> int:
        """How many a checkout waits to be, for a moment. What orders, catalog and notify do for one, they do for
        thirty at little more cost; with few under way nobody waits, and every answer is as quick as it can be.
        """
        return 1 if len(self.waiters) <= FEW else MANY

    def _item(self, payload: Mapping[str, Any], key: str) -> View:
        shipping = payload.get("shipping")
        if not isinstance(shipping, list) or not 1 <= len(shipping) <= MOST_SHOPS:
            raise Invalid(f"shipping names the shops to buy from, 1 to {MOST_SHOPS}", field="shipping")
        return {
            **{name: payload[name] for name in FIELDS if name in payload},
            "checkout_id": str(self._new_id()),
            "order_ids": [str(self._new_id()) for _ in shipping],
            "key": key,
            "fingerprint": fingerprint(payload),
        }

    async def _settle(self, principal: Principal, result: View, waiter: Waiter[OrderSettled]) -> View:
        """Waits for the events; when some do not come in time, asks once."""
        orders = result["orders"]
        if await waiter.until(lambda: not _pending(_with_news(orders, waiter.news)), self._patience):
            return {**result, "orders": _with_news(orders, waiter.news)}
        try:
            result = {**await self._orders.get_checkout(principal, result["checkout_id"]), "replayed": False}
        except Refusal as error:
            log.warning("an accepted checkout could not be read again: %s %s", error.code, error.detail)
        return {**result, "orders": _with_news(result["orders"], waiter.news)}


def _pending(orders: list[View]) -> bool:
    return any(order["status"] == "pending" for order in orders)


def _with_news(orders: list[View], news: list[OrderSettled]) -> list[View]:
    """Orders that still read `pending`, moved on by what events said; a void is final whatever else is said."""
    settled: dict[str, OrderSettled] = {}
    for one in news:
        known = settled.get(one.order_id)
        if known is None or known.status != "void":
            settled[one.order_id] = one
    return [_moved(order, settled.get(order["order_id"])) for order in orders]


def _moved(order: View, news: OrderSettled | None) -> View:
    if news is None or order["status"] != "pending":
        return order
    if news.status != "void":
        return {**order, "status": news.status, "pay_before": news.pay_before}
    return {**order, "status": "void", "void_reason": news.void_reason, "voided_by": news.voided_by}
