"""Copies of what other services own: shops with their people, LINE bindings, languages, and who follows the account."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from notify.application.ports import BindingCopy, LocaleCopy, ShopCopy, UnitOfWork
from notify.domain.chat import Friendship, Inbound

T = TypeVar("T")


class Listener:
    """Keeps the newest of everything, within the transaction of the events."""

    def shops(self, copies: Sequence[ShopCopy], unit: UnitOfWork) -> None:
        """Shops and who works there."""
        unit.shops.put(_newest(copies, lambda one: one.shop_id, lambda one: one.version))

    def bindings(self, copies: Sequence[BindingCopy], unit: UnitOfWork) -> None:
        """Users and their LINE users."""
        unit.line.bind(_newest(copies, lambda one: one.user_id, lambda one: one.version))

    def locales(self, copies: Sequence[LocaleCopy], unit: UnitOfWork) -> None:
        """Users and the language they read."""
        unit.audience.read_in(_newest(copies, lambda one: one.user_id, lambda one: one.version))

    def friendships(self, news: Sequence[Friendship], unit: UnitOfWork) -> None:
        """Who can be reached."""
        unit.line.befriend(_newest(news, lambda one: one.line_user_id, lambda one: one.since))

    def questions(self, inbound: Sequence[Inbound], unit: UnitOfWork) -> None:
        """What is to be answered in the chat."""
        unit.outgoing.answer(_newest(inbound, lambda one: one.event_id, lambda one: one.received_at))


def _newest(all_of_them: Iterable[T], key: Callable[[T], Any], age: Callable[[T], Any]) -> list[T]:
    """One for each key, the greatest by age, sorted by key."""
    newest: dict[Any, T] = {}
    for one in all_of_them:
        if key(one) not in newest or age(one) > age(newest[key(one)]):
            newest[key(one)] = one
    return [newest[each] for each in sorted(newest)]
