"""Deleting an account: what is left says nothing of a person. Orders keep by themselves what the law asks for."""

from uuid import UUID

from chassis.errors import Unauthenticated
from users.application.entry import counted
from users.application.line import bind
from users.application.ports import Clock, UnitOfWork, Units
from users.application.recovery import RecoveryDesk
from users.application.sessions import revoke_all
from users.domain.address import AddressBook
from users.domain.errors import WrongPassword
from users.domain.events import SellerChanged


class ClosingDesk:
    """The use case of those who leave."""

    def __init__(self, units: Units, recovery: RecoveryDesk, clock: Clock) -> None:
        self._units = units
        self._recovery = recovery
        self._clock = clock

    def delete(self, by: UUID, session_id: UUID | None, current: str | None) -> None:
        """The caller's account is gone: sessions end, the LINE user is free, the seller is closed, and name, address,
        telephone number, password and address book are erased.

        The password proves that the owner asks, or for an account without one a login of the last ten minutes.
        Raises WrongPassword, LoginAgain, TooManyRequests, Unauthenticated.
        """
        stored = self._recovery.prove_owner(by, session_id, current)
        now = self._clock()
        with self._units() as unit:
            account = unit.accounts.lock(by)
            if account is None:
                raise Unauthenticated("this account is gone")
            if account.password_hash != stored:
                raise WrongPassword("the password has changed meanwhile")
            seller = unit.sellers.get(by, lock=True)
            if seller is not None:
                seller.close(now)
                unit.sellers.save(seller)
                unit.publish(SellerChanged(seller))
            if (binding := unit.line.get(by)) is not None:
                bind(unit, binding, None, now)
            self._forget(unit, by, account.email)
            revoke_all(unit, by, now)
            account.erase(now)
            unit.accounts.save(account)

    @staticmethod
    def _forget(unit: UnitOfWork, by: UUID, address: str | None) -> None:
        unit.line.drop_nonces(by)
        unit.mails.drop_tokens(by, address)
        unit.addresses.save(AddressBook(by, []))
        if address is not None:
            unit.throttles.forgive(counted(address))
