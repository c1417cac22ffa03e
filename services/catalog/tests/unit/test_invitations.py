"""Inviting people into a shop, and what they answer."""

from datetime import timedelta
from uuid import uuid4

import pytest

from catalog.application.invitations import Invite
from catalog.application.ports import SellerCopy
from catalog.domain.errors import AlreadyStaff, InvitationOver, SellerRequired
from catalog.domain.events import InvitationAnswered, ShopChanged, StaffInvited
from chassis.errors import Invalid, Missing, Unavailable
from kernel.rights import Role, RoleRequired

ADDRESS = "helper@example.com"


def invite(world, shop_id, role=Role.PACKER, *, by=None, **who):
    who = who or {"email": ADDRESS}
    return world.app.invitations.invite(Invite(by or world.seller, uuid4(), shop_id, role, **who), world.people)


def ids(view):
    from uuid import UUID

    return UUID(view["invitation_id"])


def accept(world, by, view):
    return world.app.invitations.accept(by, ids(view), world.people, world.directory)


def roles(world, shop_id):
    return world.store.shops[shop_id].staff


def test_whoever_proves_the_address_gets_the_role(world):
    shop_id, helper = world.shop(), uuid4()
    view = invite(world, shop_id, email="Helper@Example.com")
    assert (view["email"], view["role"], view["state"]) == (ADDRESS, "packer", "pending")
    assert world.people.letters == [(ids(view), ADDRESS)]
    assert world.heard(StaffInvited) == []  # the letter says it
    with pytest.raises(Missing):
        accept(world, helper, view)
    world.people.emails[helper] = ADDRESS
    [mine] = world.app.invitations.mine(helper, world.people)["items"]
    assert (mine["shop_name"], "email" in mine) == ("寧夏茶行", False)
    for _ in range(2):
        assert accept(world, helper, view)["state"] == "accepted"
    assert roles(world, shop_id)[helper] is Role.PACKER
    assert world.store.invitations[ids(view)].email is None  # kept no longer than it is needed
    [answered] = world.heard(InvitationAnswered)
    assert (answered.invitation.user_id, answered.invitation.invited_by) == (helper, world.seller)
    assert len(world.heard(ShopChanged)) == 2
    assert world.app.invitations.mine(helper, world.people)["items"] == []


def test_a_user_is_asked_by_the_bell_once(world):
    shop_id, helper = world.shop(), uuid4()
    first = invite(world, shop_id, user_id=helper)
    again = invite(world, shop_id, Role.MANAGER, user_id=helper)
    assert again["invitation_id"] == first["invitation_id"]
    assert [one.invitation.user_id for one in world.heard(StaffInvited)] == [helper]
    world.people.away = True  # not needed to know who somebody is
    accept(world, helper, first)
    assert roles(world, shop_id)[helper] is Role.MANAGER


def test_asking_again_mails_another_letter_for_another_week(world):
    shop_id = world.shop()
    first = invite(world, shop_id)
    world.now += timedelta(days=8)
    assert world.app.invitations.of_shop(world.seller, shop_id)["items"] == []
    second = invite(world, shop_id)
    assert (second["invitation_id"], second["state"]) == (first["invitation_id"], "pending")
    assert len(world.people.letters) == 2


def test_an_invitation_stands_though_its_letter_has_to_wait(world):
    shop_id = world.shop()
    world.people.away = True
    with pytest.raises(Unavailable):
        invite(world, shop_id)
    [waiting] = world.app.invitations.of_shop(world.seller, shop_id)["items"]
    world.people.away = False
    assert invite(world, shop_id)["invitation_id"] == waiting["invitation_id"]
    assert len(world.people.letters) == 1


def test_an_invitation_is_over_after_a_week_when_declined_and_when_taken_back(world):
    shop_id, helper = world.shop(), uuid4()
    late = invite(world, shop_id, user_id=helper)
    world.now += timedelta(days=7)
    declined = invite(world, shop_id, user_id=(other := uuid4()))
    for _ in range(2):
        assert world.app.invitations.decline(other, ids(declined), world.people)["state"] == "declined"
    revoked = invite(world, shop_id, user_id=(third := uuid4()))
    for _ in range(2):
        world.app.invitations.revoke(world.seller, shop_id, ids(revoked))
    for by, view, state in ((helper, late, "expired"), (other, declined, "declined"), (third, revoked, "revoked")):
        with pytest.raises(InvitationOver) as refused:
            accept(world, by, view)
        assert refused.value.fields["state"] == state
    assert set(roles(world, shop_id)) == {world.seller}
    assert [one.invitation.state for one in world.heard(InvitationAnswered)] == ["declined"]


def test_one_that_was_accepted_is_not_taken_back(world):
    shop_id, helper = world.shop(), uuid4()
    view = invite(world, shop_id, user_id=helper)
    accept(world, helper, view)
    with pytest.raises(InvitationOver):
        world.app.invitations.revoke(world.seller, shop_id, ids(view))


def test_strangers_and_packers_invite_nobody_and_see_no_addresses(world):
    shop_id = world.shop()
    packer, view = world.hire(shop_id, Role.PACKER), invite(world, shop_id)
    desk = world.app.invitations
    for by, refusal in ((packer, RoleRequired), (uuid4(), Missing)):
        for attempt in (
            lambda who=by: invite(world, shop_id, by=who, email="x@example.com"),
            lambda who=by: desk.of_shop(who, shop_id),
            lambda who=by: desk.revoke(who, shop_id, ids(view)),
        ):
            with pytest.raises(refusal):
                attempt()
    for attempt in (
        lambda: desk.revoke(world.seller, world.shop(), ids(view)),
        lambda: desk.decline(uuid4(), ids(view), world.people),
        lambda: desk.decline(uuid4(), uuid4(), world.people),
        lambda: invite(world, uuid4()),
        lambda: desk.of_shop(world.seller, uuid4()),
    ):
        with pytest.raises(Missing):
            attempt()


def test_what_cannot_be_an_invitation_is_refused(world):
    shop_id = world.shop()
    manager = world.hire(shop_id, Role.MANAGER)
    for who in ({"email": ADDRESS, "user_id": uuid4()}, {"email": None}, {"email": "nobody"}):
        with pytest.raises(Invalid):
            invite(world, shop_id, **who)
    with pytest.raises(AlreadyStaff):
        invite(world, shop_id, user_id=manager)
    with pytest.raises(Invalid):
        invite(world, shop_id, Role.OWNER)
    with pytest.raises(Invalid):
        invite(world, shop_id, Role.OWNER, user_id=uuid4())


def test_the_same_call_twice_is_one_invitation_and_anothers_id_names_nothing(world):
    shop_id = world.shop()
    command = Invite(world.seller, uuid4(), shop_id, Role.PACKER, user_id=uuid4())
    world.app.invitations.invite(command, world.people)
    again = Invite(world.seller, command.invitation_id, world.shop(), Role.PACKER, user_id=uuid4())
    with pytest.raises(Missing):
        world.app.invitations.invite(again, world.people)


def test_fifty_invitations_wait_at_most(world):
    shop_id = world.shop()
    for _ in range(50):
        invite(world, shop_id, user_id=uuid4())
    with pytest.raises(Invalid):
        invite(world, shop_id)


def test_who_may_not_invite_any_more_brings_nobody_in(world):
    shop_id, helper = world.shop(), uuid4()
    manager = world.hire(shop_id, Role.MANAGER)
    view = invite(world, shop_id, by=manager, user_id=helper)
    world.app.shops.delete_staff(world.seller, shop_id, manager)
    with pytest.raises(InvitationOver):
        accept(world, helper, view)
    assert helper not in roles(world, shop_id)


def test_a_shop_is_handed_over_to_one_of_its_people_who_is_a_seller_and_agrees(world):
    shop_id = world.shop()
    manager = world.hire(shop_id, Role.MANAGER)
    with pytest.raises(RoleRequired):
        invite(world, shop_id, Role.OWNER, by=manager, user_id=world.hire(shop_id, Role.PACKER))
    view = invite(world, shop_id, Role.OWNER, user_id=manager)
    with pytest.raises(RoleRequired):
        world.app.invitations.revoke(manager, shop_id, ids(view))
    with pytest.raises(SellerRequired):
        accept(world, manager, view)
    world.directory.sellers[manager] = SellerCopy(manager, "approved", 1)
    accept(world, manager, view)
    shop = world.store.shops[shop_id]
    assert (shop.owner_id, shop.staff[manager], shop.staff[world.seller]) == (manager, Role.OWNER, Role.MANAGER)
    assert accept(world, manager, view)["state"] == "accepted"


def test_a_shop_handed_over_is_open_or_suspended_as_its_new_owner_may_sell(world):
    shop_id = world.shop()
    manager = world.hire(shop_id, Role.MANAGER)
    world.directory.sellers[manager] = SellerCopy(manager, "approved", 1)
    view = invite(world, shop_id, Role.OWNER, user_id=manager)

    def heard(user, state, version):
        with world.unit() as unit:
            world.app.sellerhood.heard([SellerCopy(user, state, version)], unit)
        return world.store.shops[shop_id].state

    assert heard(world.seller, "suspended", 2) == "suspended"
    accept(world, manager, view)
    assert world.store.shops[shop_id].state == "open"
    assert heard(world.seller, "rejected", 3) == "open"
    assert heard(manager, "suspended", 2) == "suspended"


def test_addresses_of_forgotten_invitations_go_with_the_next_one(world):
    shop_id = world.shop()
    old = invite(world, shop_id)
    world.now += timedelta(days=15)
    invite(world, shop_id, user_id=uuid4())
    assert ids(old) not in world.store.invitations
