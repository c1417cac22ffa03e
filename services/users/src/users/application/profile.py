"""What people keep about themselves: profile and addresses."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from chassis.errors import Unauthenticated
from kernel import emails
from kernel.locales import Locale
from users.application import views
from users.application.ports import Clock, UnitOfWork, Units
from users.application.views import View
from users.domain.account import OPERATOR, Account, Profile
from users.domain.address import Address, AddressBook
from users.domain.events import LocaleChanged

T = TypeVar("T")

TOLD_AT_ONCE = 500  # accounts in a transaction


@dataclass(frozen=True)
class ChangeProfile:
    """Changes what is given; None keeps, an empty phone removes it."""

    by: UUID
    name: str | None = None
    phone: str | None = None
    locale: Locale | None = None
    expected_version: int | None = None


class ProfileDesk:
    """Use cases of an account's owner."""

    def __init__(self, units: Units, reading: Units, clock: Clock) -> None:
        self._units = units
        self._reading = reading
        self._clock = clock

    def me(self, by: UUID) -> View:
        """The caller's account. Raises Unauthenticated when it is gone."""
        with self._reading() as unit:
            return views.user(_own(unit, by))

    def change(self, command: ChangeProfile) -> View:
        """The account afterwards. Raises StaleVersion, Invalid, Unauthenticated."""
        with self._units() as unit:
            account = _locked(unit, command.by)
            account.expect(command.expected_version)
            locale = account.locale
            if account.change(command.name, command.phone, self._clock(), command.locale):
                unit.accounts.save(account)
                if account.locale is not locale:
                    unit.publish(LocaleChanged(account))
            return views.user(_own(unit, command.by))

    def addresses(self, by: UUID) -> View:
        """The caller's address book, oldest first."""
        with self._reading() as unit:
            book = unit.addresses.of(by)
        return {"items": [views.postal_address(one) for one in book.addresses]}

    def put_address(self, by: UUID, address: Address) -> View:
        """The address as it stands. Raises Invalid, TooManyAddresses, Unauthenticated."""
        return views.postal_address(self._in_book(by, lambda book: book.put(address)))

    def delete_address(self, by: UUID, address_id: UUID) -> None:
        """Takes it out of the book. Raises Missing, Unauthenticated."""
        self._in_book(by, lambda book: book.remove(address_id))

    def make_operator(self, address: str) -> bool:
        """Gives an account the platform role. False when there is no such account; repeating it changes nothing.

        Raises Invalid when it is no e-mail address.
        """
        with self._units() as unit:
            known = unit.accounts.by_email(emails.normalised(address))
            account = unit.accounts.lock(known.account.id) if known else None
            if account is None:
                return False
            if account.appoint(OPERATOR, self._clock()):
                unit.accounts.save(account)
        return True

    def tell_languages(self) -> int:
        """Tells once more which language they read, of all who read another than the default: for who began to listen
        after they chose it. Repeating it changes nothing. Answers how many they are.
        """
        told = 0
        last: UUID | None = None
        while True:
            with self._units() as unit:
                accounts = unit.accounts.reading_another(last, TOLD_AT_ONCE)
                unit.publish(*(LocaleChanged(one) for one in accounts))
            told += len(accounts)
            if len(accounts) < TOLD_AT_ONCE:
                return told
            last = accounts[-1].id

    def _in_book(self, by: UUID, change: Callable[[AddressBook], T]) -> T:
        with self._units() as unit:
            _locked(unit, by)
            book = unit.addresses.of(by)
            answer = change(book)
            unit.addresses.save(book)
        return answer


def _own(unit: UnitOfWork, by: UUID) -> Profile:
    profile = unit.accounts.by_id(by)
    if profile is None:
        raise Unauthenticated("this account is gone")
    return profile


def _locked(unit: UnitOfWork, by: UUID) -> Account:
    account = unit.accounts.lock(by)
    if account is None:
        raise Unauthenticated("this account is gone")
    return account
