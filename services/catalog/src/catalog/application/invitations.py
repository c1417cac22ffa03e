"""Inviting people into a shop, and what they answer. Users sends the letters and knows who has proved which address."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from catalog.application import views
from catalog.application.ports import Clock, People, Reader, SellerCopy, SellerDirectory, UnitOfWork, Units
from catalog.application.sellers import Sellerhood
from catalog.application.views import View
from catalog.domain.errors import InvitationOver, SellerRequired
from catalog.domain.events import InvitationAnswered, ShopChanged, StaffInvited
from catalog.domain.invitation import LIFE, MOST_PENDING, Invitation, State, right_for
from catalog.domain.shop import Shop
from chassis.errors import Invalid, Missing
from kernel.rights import Right, Role, require


@dataclass(frozen=True)
class Invite:
    """Somebody asks a user, or whoever has an address, to work in a shop; `owner` hands it over."""

    by: UUID
    invitation_id: UUID
    shop_id: UUID
    role: Role
    email: str | None = None
    user_id: UUID | None = None


class InvitationDesk:
    """Use cases of invitations. An invitation works for a week."""

    def __init__(self, units: Units, reader: Reader, sellerhood: Sellerhood, clock: Clock) -> None:
        self._units = units
        self._reader = reader
        self._sellerhood = sellerhood
        self._clock = clock

    def invite(self, command: Invite, people: People) -> View:
        """The invitation. Whoever is invited once more keeps theirs, for another week, and gets another letter.

        The invitation stands also when the letter could not be written down: asking again writes it.
        Raises Missing, RoleRequired, Invalid, AlreadyStaff, TooManyRequests, Unavailable.
        """
        now = self._clock()
        with self._units() as unit:
            shop = _locked(unit, command.shop_id)
            require(shop.staff.get(command.by), right_for(command.role))
            wanted = Invitation.to(
                command.invitation_id, shop, command.role, command.email, command.user_id, command.by, now
            )
            unit.invitations.forget(now - LIFE)
            invitation = self._added(unit, shop, wanted, now)
            if invitation.user_id is not None and invitation is wanted:
                unit.publish(StaffInvited(invitation, shop))
        if invitation.email is not None:
            people.invite(invitation.id, invitation.email)
        return views.invitation(invitation, shop.name, now, inside=True)

    def of_shop(self, by: UUID, shop_id: UUID) -> View:
        """Invitations that wait for an answer, for those who may invite. Raises Missing, RoleRequired."""
        now = self._clock()
        with self._units() as unit:
            shop = unit.shops.get(shop_id)
            if shop is None:
                raise Missing
            require(shop.staff.get(by), Right.EDIT_STAFF)
            waiting = [one for one in unit.invitations.pending(shop_id) if one.standing(now) is State.PENDING]
        return {"items": [views.invitation(one, shop.name, now, inside=True) for one in waiting]}

    def revoke(self, by: UUID, shop_id: UUID, invitation_id: UUID) -> None:
        """Takes it back; repeating it changes nothing. Raises Missing, RoleRequired, InvitationOver."""
        with self._units() as unit:
            shop = _locked(unit, shop_id)
            require(shop.staff.get(by), Right.EDIT_STAFF)
            invitation = unit.invitations.get(invitation_id, lock=True)
            if invitation is None or invitation.shop_id != shop_id:
                raise Missing
            require(shop.staff.get(by), right_for(invitation.role))
            if invitation.settle(State.REVOKED, self._clock()):
                unit.invitations.save(invitation)

    def mine(self, by: UUID, people: People) -> View:
        """Invitations that wait for the caller's answer. Raises Unavailable."""
        now = self._clock()
        found = self._reader.invitations_for(by, people.verified_email(by))
        waiting = [(one, name) for one, name in found if one.standing(now) is State.PENDING]
        return {"items": [views.invitation(one, name, now, inside=False) for one, name in waiting]}

    def accept(self, by: UUID, invitation_id: UUID, people: People, directory: SellerDirectory) -> View:
        """The caller has the role; repeating it changes nothing. Who takes a shop over must be an approved seller.

        Raises Missing, InvitationOver, SellerRequired, Invalid, Unavailable.
        """
        role, email = self._before(by, invitation_id, people)
        if role is Role.OWNER:
            self._sellerhood.require(by, directory)
        now = self._clock()
        with self._units() as unit:
            seller = unit.sellers.get(by)  # before the shop, as news of sellers do
            shop, invitation = self._meant(unit, by, invitation_id, email)
            news = invitation.settle(State.ACCEPTED, now, by)
            if news:
                self._join(shop, invitation, by, seller)
                unit.invitations.save(invitation)
                if shop.settle(now):
                    unit.shops.save(shop)
                    unit.publish(ShopChanged(shop))
                unit.publish(InvitationAnswered(invitation, shop))
        return views.invitation(invitation, shop.name, now, inside=False)

    def decline(self, by: UUID, invitation_id: UUID, people: People) -> View:
        """The caller does not want it; repeating it changes nothing. Raises Missing, InvitationOver, Unavailable."""
        _, email = self._before(by, invitation_id, people)
        now = self._clock()
        with self._units() as unit:
            shop, invitation = self._meant(unit, by, invitation_id, email)
            if invitation.settle(State.DECLINED, now, by):
                unit.invitations.save(invitation)
                unit.publish(InvitationAnswered(invitation, shop))
        return views.invitation(invitation, shop.name, now, inside=False)

    @staticmethod
    def _added(unit: UnitOfWork, shop: Shop, wanted: Invitation, now: datetime) -> Invitation:
        pending = unit.invitations.pending(shop.id)
        for known in pending:
            if (known.email, known.user_id) == (wanted.email, wanted.user_id):
                require(shop.staff.get(wanted.invited_by), right_for(known.role))
                known.renew(wanted.role, wanted.invited_by, now)
                unit.invitations.save(known)
                return known
        if len([one for one in pending if one.standing(now) is State.PENDING]) >= MOST_PENDING:
            raise Invalid(f"a shop has at most {MOST_PENDING} invitations waiting", field="email")
        if unit.invitations.add(wanted):
            return wanted
        same = unit.invitations.get(wanted.id)
        if same is None or (same.shop_id, same.role, same.invited_by) != (shop.id, wanted.role, wanted.invited_by):
            raise Missing
        return same

    @staticmethod
    def _join(shop: Shop, invitation: Invitation, by: UUID, seller: SellerCopy | None) -> None:
        if not invitation.still_backed(shop):
            raise InvitationOver("who invited may not do so any more", state=State.REVOKED.value)
        if invitation.role is Role.OWNER:
            if seller is None or not seller.approved:
                raise SellerRequired("become a seller first")
            shop.hand_over(by)
        elif by not in shop.staff:
            shop.employ(by, invitation.role)

    def _before(self, by: UUID, invitation_id: UUID, people: People) -> tuple[Role, str | None]:
        """What it is about, and the caller's proved address, if that says whether they are meant."""
        with self._units() as unit:
            invitation = unit.invitations.get(invitation_id)
        if invitation is None:
            raise Missing
        return invitation.role, None if invitation.email is None else people.verified_email(by)

    @staticmethod
    def _meant(unit: UnitOfWork, by: UUID, invitation_id: UUID, email: str | None) -> tuple[Shop, Invitation]:
        known = unit.invitations.get(invitation_id)
        if known is None:
            raise Missing
        shop = _locked(unit, known.shop_id)  # before the invitation, as whoever invites does
        invitation = unit.invitations.get(invitation_id, lock=True)
        if invitation is None or not invitation.meant_for(by, email):
            raise Missing
        return shop, invitation


def _locked(unit: UnitOfWork, shop_id: UUID) -> Shop:
    shop = unit.shops.get(shop_id, lock=True)
    if shop is None:
        raise Missing
    return shop
