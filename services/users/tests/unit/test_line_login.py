"""Logging in with LINE."""

from uuid import UUID

import pytest

from chassis.errors import Invalid, Unauthenticated
from chassis.ids import uuid7
from users.application.line import AccountLinked
from users.domain.errors import LastWayIn, LineTaken, TooManyRequests
from users.domain.events import LineChanged

LINE_USER = "U" + "0" * 31 + "1"
OTHER = "U" + "0" * 31 + "2"


def id_of(session) -> UUID:
    return UUID(session["user"]["user_id"])


def bindings(world) -> list[tuple]:
    return [
        (event.binding.user_id, event.binding.line_user_id)
        for event in world.store.events
        if isinstance(event, LineChanged)
    ]


def test_the_first_login_makes_an_account_and_binds_it(world):
    session = world.login_line(LINE_USER, name="小美 🍵", email="mei@yeshi.test")
    user = session["user"]
    assert (user["name"], user["email"], user["email_verified"]) == ("小美 🍵", "mei@yeshi.test", True)
    assert (user["line_bound"], user["has_password"]) == (True, False)
    assert bindings(world) == [(id_of(session), LINE_USER)]
    assert world.app.profile.me(id_of(session)) == user
    assert world.app.sessions.refresh(session["refresh_token"])["user"] == user


def test_the_next_login_is_the_same_account(world):
    first = world.login_line(LINE_USER)
    again = world.login_line(LINE_USER, name="換了名字", email="mei@yeshi.test")
    assert again["user"] == first["user"]
    assert len(world.store.accounts) == 1
    assert len(bindings(world)) == 1


def test_the_same_call_again_is_the_same_session(world):
    ids = {"user_id": uuid7(), "session_id": uuid7()}
    first, again = world.login_line(LINE_USER, **ids), world.login_line(LINE_USER, **ids)
    assert first["user"] == again["user"]
    assert len(world.store.sessions) == 1


@pytest.mark.parametrize("email", [None, "", "taken@yeshi.test", " TAKEN@Yeshi.test", "no address", "a@b"])
def test_an_address_that_is_taken_or_none_is_left_out(world, email):
    world.somebody("taken@yeshi.test")
    user = world.login_line(LINE_USER, email=email)["user"]
    assert (user["email"], user["email_verified"]) == (None, False)
    assert len(world.store.accounts) == 2


@pytest.mark.parametrize(
    ("name", "shown"),
    [("", "LINE 會員"), ("\x00\n\t", "LINE 會員"), ("  a\nb ", "ab"), ("長" * 100, "長" * 60)],
)
def test_a_name_of_line_is_made_one_line(world, name, shown):
    assert world.login_line(LINE_USER, name=name)["user"]["name"] == shown


@pytest.mark.parametrize("line_user", ["", "U123", "u" + "0" * 32, "U" + "G" * 32, LINE_USER + "\n", "C" + "0" * 32])
def test_what_is_no_line_user_is_refused(world, line_user):
    with pytest.raises(Invalid):
        world.login_line(line_user)
    with pytest.raises(Invalid):
        world.app.line_door.link(world.somebody(), None, line_user)


def test_a_bound_account_is_entered_by_line(world):
    by = world.somebody()
    world.app.line_door.link(by, world.session_of(by), LINE_USER)
    world.app.line_door.link(by, world.session_of(by), LINE_USER)
    assert bindings(world) == [(by, LINE_USER)]
    session = world.login_line(LINE_USER)
    assert id_of(session) == by
    assert session["user"]["has_password"] is True


def test_a_line_user_of_another_account_is_not_taken_away(world):
    holder = id_of(world.login_line(LINE_USER))
    by = world.somebody()
    with pytest.raises(LineTaken):
        world.app.line_door.link(by, world.session_of(by), LINE_USER)
    assert bindings(world) == [(holder, LINE_USER)]


def test_another_line_user_replaces_the_one_before(world):
    by = world.somebody()
    world.app.line_door.link(by, world.session_of(by), LINE_USER)
    world.app.line_door.link(by, world.session_of(by), OTHER)
    assert bindings(world) == [(by, LINE_USER), (by, OTHER)]
    assert id_of(world.login_line(LINE_USER)) != by


def test_the_only_way_into_an_account_stays(world):
    alone = id_of(world.login_line(LINE_USER))
    with pytest.raises(LastWayIn):
        world.app.line.unbind(alone)
    by = world.somebody()
    nonce = world.app.line.begin(by, world.session_of(by), None)["nonce"]
    with world.unit() as unit:
        world.app.line.linked(AccountLinked(nonce, LINE_USER, True, world.now), unit)
    assert bindings(world) == [(alone, LINE_USER)]


def test_an_account_with_an_address_may_leave_line(world):
    by = id_of(world.login_line(LINE_USER, email="mei@yeshi.test"))
    world.app.line.unbind(by)
    world.app.line.unbind(by)
    assert bindings(world) == [(by, LINE_USER), (by, None)]


def test_logins_by_line_are_counted_with_the_others(world):
    for _ in range(60):
        world.login_line(LINE_USER, client_ip="192.0.2.1")
    with pytest.raises(TooManyRequests):
        world.login_line(LINE_USER, client_ip="192.0.2.1")


def test_nobody_is_linked_who_is_gone(world):
    with pytest.raises(Unauthenticated):
        world.app.line_door.link(uuid7(), None, LINE_USER)


def test_nobody_is_linked_from_a_session_that_has_ended_or_is_not_theirs(world):
    by, other = world.somebody(), world.somebody("other@yeshi.test")
    ended = world.session_of(by)
    world.app.sessions.logout(by, ended, None)
    world.login()
    for session_id in (ended, world.session_of(other), uuid7(), None):
        with pytest.raises(Unauthenticated):
            world.app.line_door.link(by, session_id, LINE_USER)
        with pytest.raises(Unauthenticated):
            world.app.line.begin(by, session_id, None)
    assert bindings(world) == []
    assert world.store.nonces == {}
