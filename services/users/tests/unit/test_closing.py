"""Deleting an account."""

import pytest

from chassis.errors import Unauthenticated
from chassis.ids import uuid7
from users.adapters.published_events import to_contract
from users.application.sellers import BecomeSeller
from users.domain.address import Address
from users.domain.errors import (
    IllegalTransition,
    InvalidCredentials,
    InvalidRefreshToken,
    LoginAgain,
    TooManyRequests,
    WrongPassword,
)
from users.domain.seller import Kind, State

EMAIL = "ming@yeshi.test"
PASSWORD = "correct horse battery"
LINE_USER = "U" + "0" * 31 + "1"


@pytest.fixture
def ming(world):
    """Somebody who has everything an account can have."""
    by = world.somebody(EMAIL)
    world.app.profile.put_address(
        by, Address(uuid7(), "王小明", "0912345678", "臺北市", "大同區", "103", "寧夏路 1 號")
    )
    world.app.sellers.become(BecomeSeller(by, Kind.PERSON, "阿明茶行", "0912345678"))
    world.app.line_door.link(by, world.session_of(by), LINE_USER)
    world.app.line.begin(by, world.session_of(by), None)
    world.letters()
    world.app.recovery.forgot(EMAIL, "")
    world.letters()
    world.app.recovery.forgot(EMAIL, "")
    return by


def test_nothing_of_the_person_is_left(world, ming):
    world.app.closing.delete(ming, None, PASSWORD)
    world.store.events.clear()
    left = repr(world.store)
    for personal in (EMAIL, "王小明", "912345678", "寧夏路", "阿明茶行", LINE_USER, PASSWORD):
        assert personal not in left


def test_everybody_hears_that_the_seller_is_closed_and_the_line_user_free(world, ming):
    world.store.events.clear()
    world.app.closing.delete(ming, None, PASSWORD)
    told = {type(message).__name__: message for message in map(to_contract, world.store.events)}
    assert set(told) == {"SellerChangedV1", "LineChangedV1", "SessionRevokedV1"}
    seller = told["SellerChangedV1"]
    assert (seller.state, seller.version, seller.display_name) == ("closed", 2, "")
    assert told["LineChangedV1"].line_user_id is None


def test_a_deleted_account_is_entered_by_no_way(world, ming):
    session = world.login(EMAIL)
    world.app.recovery.forgot(EMAIL, "")
    world.app.closing.delete(ming, None, PASSWORD)
    with pytest.raises(InvalidCredentials):
        world.login(EMAIL)
    with pytest.raises(InvalidRefreshToken):
        world.app.sessions.refresh(session["refresh_token"])
    assert world.letters() == []
    with pytest.raises(Unauthenticated):
        world.app.profile.me(ming)
    with pytest.raises(Unauthenticated):
        world.app.closing.delete(ming, None, PASSWORD)
    assert world.login_line(LINE_USER)["user"]["user_id"] != str(ming)


def test_the_address_may_be_registered_again(world, ming):
    world.app.closing.delete(ming, None, PASSWORD)
    assert world.somebody(EMAIL) != ming


def test_an_operator_opens_a_closed_seller_no_more(world, ming):
    world.app.closing.delete(ming, None, PASSWORD)
    for state in State:
        if state is not State.CLOSED:
            with pytest.raises(IllegalTransition):
                world.app.sellers.decide(uuid7(), ming, state)


@pytest.mark.parametrize("password", [None, "", "not this one", "x" * 1000])
def test_the_password_is_needed(world, ming, password):
    with pytest.raises(WrongPassword):
        world.app.closing.delete(ming, None, password)
    assert world.app.profile.me(ming)["email"] == EMAIL


def test_wrong_passwords_are_counted(world, ming):
    for _ in range(10):
        with pytest.raises(WrongPassword):
            world.app.closing.delete(ming, None, "not this one")
    with pytest.raises(TooManyRequests):
        world.app.closing.delete(ming, None, PASSWORD)


def test_an_account_without_a_password_is_deleted_right_after_a_login_only(world):
    session_id = uuid7()
    by = uuid7()
    world.login_line(LINE_USER, user_id=by, session_id=session_id)
    world.wait(minutes=11)
    for stale in (session_id, None, uuid7()):
        with pytest.raises(LoginAgain):
            world.app.closing.delete(by, stale, None)
    fresh = uuid7()
    world.login_line(LINE_USER, session_id=fresh)
    world.app.closing.delete(by, fresh, None)
    with pytest.raises(Unauthenticated):
        world.app.profile.me(by)
