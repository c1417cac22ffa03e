"""Carts: filled at the price the buyer was shown. Those that are filled at the same time share one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.errors import Missing, Refusal
from orders.application import views
from orders.application.group_commit import refusal_of, together, turns
from orders.application.ports import CatalogDirectory, Clock, KnownOffer, Reader, StorageFault, Units
from orders.application.views import View
from orders.domain import cart
from orders.domain.cart import CartLine
from orders.domain.checkout import on_holiday
from orders.domain.errors import BelowMinimum, NotListed, OutOfStock

Answer = View | Refusal


@dataclass(frozen=True, slots=True)
class CartWish:
    """A buyer wants so many of a variant in the cart. Raises Invalid."""

    by: UUID
    variant_id: UUID
    quantity: int

    def __post_init__(self) -> None:
        cart.quantity(self.quantity)


class CartDesk:
    """Use cases of the cart."""

    def __init__(self, units: Units, reader: Reader, now: Clock) -> None:
        self._units = units
        self._reader = reader
        self._now = now

    def get(self, by: UUID) -> View:
        """What lies in the cart, at today's prices."""
        return views.cart(self._reader.cart(by), self._now())

    def put(self, wishes: Sequence[CartWish], catalog: CatalogDirectory) -> list[Answer]:
        """Each quantity becomes this one, and the price version is the one that holds now.

        The cart or the refusal of each, by position. Those of one buyer are done one after the other, the rest
        together. Where the copy would refuse, catalog is asked once. Refusals: Missing, NotListed, ShopOnHoliday,
        OutOfStock, BelowMinimum, CartFull, Unavailable.
        """
        answers: dict[int, Answer] = {}
        for turn in turns(wishes, lambda wish: wish.by):
            answers.update(self._turn(turn, catalog))
        return [answers[position] for position in range(len(wishes))]

    def delete(self, by: UUID, variant_id: UUID) -> View:
        """The line is gone, whether it was there or not."""
        with self._units() as unit:
            unit.carts.lock([by])
            unit.carts.remove([(by, variant_id)])
        return self.get(by)

    def _turn(self, turn: Sequence[tuple[int, CartWish]], catalog: CatalogDirectory) -> dict[int, Answer]:
        lines = self._lines([wish for _, wish in turn], catalog)
        refused: dict[int, Answer] = {}
        wanted: dict[int, tuple[UUID, CartLine]] = {}
        for (position, wish), line in zip(turn, lines, strict=True):
            if isinstance(line, Refusal):
                refused[position] = line
            else:
                wanted[position] = (wish.by, line)
        put = together(list(wanted.values()), self._in_one_transaction) if wanted else []
        return refused | dict(zip(wanted, put, strict=True))

    def _in_one_transaction(self, wanted: Sequence[tuple[UUID, CartLine]]) -> list[Answer]:
        buyers = [by for by, _ in wanted]
        answers: list[Answer] = []
        kept: list[tuple[UUID, CartLine]] = []
        with self._units() as unit:
            unit.carts.lock(buyers)
            lying = unit.carts.lines(buyers)
            for by, line in wanted:
                before = lying.get(by, [])
                try:
                    cart.make_room([one.offer.variant_id for one in before], line.offer.variant_id)
                except Refusal as refusal:
                    answers.append(refusal)
                    continue
                kept.append((by, line))
                answers.append(views.cart(cart.with_line(before, line), self._now()))
            unit.carts.put(kept)
        return answers

    def _lines(self, wishes: Sequence[CartWish], catalog: CatalogDirectory) -> list[CartLine | Refusal]:
        """The line that each wish would become, or why it cannot."""
        now = self._now()
        known = self._reader.offers({wish.variant_id for wish in wishes})
        doubted = {wish.variant_id for wish in wishes if not _enough(known.get(wish.variant_id), wish.quantity, now)}
        if not doubted:
            return [_line(wish, known.get(wish.variant_id), now) for wish in wishes]
        sure = {variant_id: one for variant_id, one in known.items() if variant_id not in doubted}
        try:
            known = sure | self._asked(doubted, catalog)
        except (Refusal, StorageFault) as fault:
            away = fault if isinstance(fault, Refusal) else refusal_of(fault)
            return [away if one.variant_id in doubted else _line(one, sure.get(one.variant_id), now) for one in wishes]
        return [_line(wish, known.get(wish.variant_id), now) for wish in wishes]

    def _asked(self, variant_ids: Collection[UUID], catalog: CatalogDirectory) -> dict[UUID, KnownOffer]:
        """What catalog knows of these; the copies are as new then. Raises Unavailable."""
        offers = catalog.offers(sorted(variant_ids))
        for_sale = [offer for offer in offers.values() if offer.listed]
        if for_sale:
            with self._units() as unit:
                unit.copies.put_offers(for_sale)
        kept = self._reader.offers([offer.variant_id for offer in for_sale])
        closed = {offer.shop_id for offer in for_sale if not _sells(kept.get(offer.variant_id), self._now())}
        if closed:
            shops = catalog.shops(sorted(closed))
            with self._units() as unit:
                unit.copies.put_shops(list(shops.values()))
            kept = self._reader.offers([offer.variant_id for offer in for_sale])
        return {offer.variant_id: (offer, kept.get(offer.variant_id, (offer, None))[1]) for offer in offers.values()}


def _sells(known: KnownOffer | None, at: datetime) -> bool:
    return known is not None and known[1] is not None and known[1].open and not known[1].resting(at)


def _enough(known: KnownOffer | None, quantity: int, at: datetime) -> bool:
    if known is None or not _sells(known, at):
        return False
    offer = known[0]
    return offer.listed and offer.available is not None and offer.available >= quantity >= offer.min_quantity


def _line(wish: CartWish, known: KnownOffer | None, at: datetime) -> CartLine | Refusal:
    if known is None:
        return Missing()
    offer, shop = known
    if not offer.listed:
        return NotListed("this is not for sale", variant_ids=[str(wish.variant_id)])
    if shop is not None and shop.resting(at):
        return on_holiday(shop)
    if wish.quantity < offer.min_quantity:
        return BelowMinimum(
            f"at least {offer.min_quantity} at once",
            field="quantity",
            variant_ids=[str(wish.variant_id)],
            min_quantity=offer.min_quantity,
        )
    left = offer.available or 0
    if left < wish.quantity:
        return OutOfStock("fewer are left", variant_ids=[str(wish.variant_id)], available=left)
    return CartLine(wish.quantity, offer.price_version, offer, shop)
