"""Another e-mail address, and letters that other services ask for."""

from uuid import UUID

import pytest

from chassis.errors import Invalid, Unauthenticated
from chassis.ids import uuid7
from users.domain.errors import EmailTaken, InvalidLink, LoginAgain, TooManyRequests, WrongPassword

OLD, NEW = "ming@yeshi.test", "new@yeshi.test"
PASSWORD = "correct horse battery"
LINE_USER = "U" + "0" * 31 + "1"


def me(world, by):
    return world.app.profile.me(by)


def link(world) -> str:
    """The token in the letter to the new address."""
    [letter] = [one for one in world.letters() if one.to == NEW]
    assert "/account/change-email#token=" in letter.text
    return letter.text.partition("#token=")[2].strip()


def test_the_link_in_the_letter_changes_the_address_and_the_old_one_is_told(world):
    by = world.somebody(OLD)
    world.letters()
    world.app.email.ask(by, None, " New@Yeshi.test ", PASSWORD)
    assert me(world, by)["email"] == OLD
    token = link(world)
    world.app.email.confirm(token)
    assert (me(world, by)["email"], me(world, by)["email_verified"]) == (NEW, True)
    assert [one.to for one in world.letters()] == [OLD]
    assert UUID(world.login(NEW)["user"]["user_id"]) == by
    with pytest.raises(InvalidLink):
        world.app.email.confirm(token)


def test_who_came_by_line_gets_a_first_address_soon_after_a_login(world):
    session_id = uuid7()
    by = UUID(world.login_line(LINE_USER, session_id=session_id)["user"]["user_id"])
    world.wait(minutes=11)
    with pytest.raises(LoginAgain):
        world.app.email.ask(by, session_id, NEW, None)
    fresh = uuid7()
    world.login_line(LINE_USER, session_id=fresh)
    with pytest.raises(LoginAgain):
        world.app.email.ask(by, None, NEW, None)
    world.app.email.ask(by, fresh, NEW, None)
    world.app.email.confirm(link(world))
    assert me(world, by)["email"] == NEW
    assert world.letters() == []  # there was no address to tell
    world.app.line.unbind(by)  # there is another way in now


def test_who_does_not_prove_to_be_the_owner_changes_nothing(world):
    by = world.somebody(OLD)
    world.letters()
    for password in (None, "wrong"):
        with pytest.raises(WrongPassword):
            world.app.email.ask(by, None, NEW, password)
    with pytest.raises(Invalid):
        world.app.email.ask(by, None, "nobody", PASSWORD)
    with pytest.raises(Unauthenticated):
        world.app.email.ask(uuid7(), None, NEW, PASSWORD)
    assert world.letters() == []


def test_a_password_that_is_another_one_by_now_proves_nothing(world):
    by = world.somebody(OLD)
    world.letters()
    matches = world.passwords.matches

    def changed_meanwhile(stored, password):
        right = matches(stored, password)
        world.store.accounts[by].password_hash = "1:a new one"
        return right

    world.passwords.matches = changed_meanwhile
    with pytest.raises(WrongPassword):
        world.app.email.ask(by, None, NEW, PASSWORD)
    assert world.letters() == []


def test_nobody_learns_whose_an_address_is(world):
    by, other = world.somebody(OLD), world.somebody(NEW)
    world.letters()
    world.app.email.ask(by, None, NEW, PASSWORD)
    assert world.letters() == []
    assert (me(world, by)["email"], me(world, other)["email"]) == (OLD, NEW)


def test_an_address_that_was_taken_meanwhile_stays_where_it_is(world):
    by = world.somebody(OLD)
    world.letters()
    world.app.email.ask(by, None, NEW, PASSWORD)
    token = link(world)
    other = world.somebody(NEW)
    with pytest.raises(EmailTaken):
        world.app.email.confirm(token)
    assert (me(world, by)["email"], me(world, other)["email"]) == (OLD, NEW)


def test_the_same_address_is_proved_by_this_letter_too(world):
    by = world.somebody(NEW)
    world.letters()
    world.app.email.ask(by, None, NEW, PASSWORD)
    world.app.email.confirm(link(world))
    assert me(world, by)["email_verified"] is True
    world.app.email.ask(by, None, NEW, PASSWORD)
    assert world.letters() == []


def test_a_link_is_good_for_an_hour_and_for_nothing_else(world):
    by = world.somebody(OLD)
    verify = world.token()
    with pytest.raises(InvalidLink):
        world.app.email.confirm(verify)
    world.app.email.ask(by, None, NEW, PASSWORD)
    token = link(world)
    with pytest.raises(InvalidLink):
        world.app.recovery.verify(token)
    with pytest.raises(InvalidLink):
        world.app.recovery.reset(token, "another good password")
    world.wait(minutes=61)
    with pytest.raises(InvalidLink):
        world.app.email.confirm(token)


def test_another_password_ends_links_to_another_address(world):
    by = world.somebody(OLD)
    world.letters()
    world.app.email.ask(by, None, NEW, PASSWORD)
    token = link(world)
    world.app.recovery.forgot(OLD, "")
    world.app.recovery.reset(world.token(), "another good password")
    with pytest.raises(InvalidLink):
        world.app.email.confirm(token)


def test_other_services_learn_proved_addresses_only(world):
    by = world.somebody(OLD)
    assert world.app.email.verified(by) is None
    world.app.recovery.verify(world.token())
    assert world.app.email.verified(by) == OLD
    with pytest.raises(Unauthenticated):
        world.app.email.verified(uuid7())


def test_who_is_invited_gets_a_letter_with_or_without_an_account(world):
    invitation = uuid7()
    for _ in range(2):
        world.app.email.invite(invitation, NEW)
    [letter] = world.letters()
    assert (letter.to, "/account/invitations" in letter.text, "token" in letter.text) == (NEW, True, False)
    assert letter.subject == "有賣場邀請你一起工作 · A shop invites you to work with them"
    world.app.email.invite(uuid7(), NEW)
    with pytest.raises(TooManyRequests) as refused:
        world.app.email.invite(uuid7(), NEW)
    assert refused.value.fields["retry_after"] > 0
    with pytest.raises(Invalid):
        world.app.email.invite(uuid7(), "nobody")
