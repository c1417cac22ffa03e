"""Refresh and logout."""

from datetime import timedelta
from uuid import UUID

import pytest

from chassis.clock import rfc3339
from chassis.errors import Invalid, Kind, Unauthenticated
from chassis.ids import uuid7
from users.domain.errors import InvalidRefreshToken
from users.domain.events import SessionRevoked


def session_id_of(answer) -> UUID:
    return UUID(answer["access_token"][1]["sid"])


def refresh(world, answer) -> dict:
    return world.app.sessions.refresh(answer["refresh_token"])


def test_each_refresh_gives_another_token_of_the_same_session(world):
    first = world.register()
    second = refresh(world, first)
    third = refresh(world, second)
    assert len({answer["refresh_token"] for answer in (first, second, third)}) == 3
    assert session_id_of(first) == session_id_of(third)
    assert third["user"] == first["user"]


def test_a_refreshed_token_says_the_roles_of_now(world):
    session = world.register()
    assert world.app.profile.make_operator("Ming@yeshi.test")
    assert refresh(world, session)["access_token"][1]["roles"] == ["operator"]


def test_using_a_rotated_token_again_ends_the_session(world):
    first = world.register()
    second = refresh(world, first)
    world.wait(seconds=11)
    with pytest.raises(InvalidRefreshToken) as refusal:
        refresh(world, first)
    assert (refusal.value.code, refusal.value.kind) == ("invalid_refresh_token", Kind.UNAUTHENTICATED)
    with pytest.raises(InvalidRefreshToken):
        refresh(world, second)
    (event,) = world.store.events
    assert isinstance(event, SessionRevoked)
    assert event.session.id == session_id_of(first)
    assert event.session.until == world.now + timedelta(minutes=11)


def test_an_answer_that_got_lost_may_be_asked_for_once_more(world):
    first = world.register()
    lost = refresh(world, first)
    world.wait(seconds=9)
    again = refresh(world, first)
    third = refresh(world, again)
    assert world.store.events == []
    world.wait(seconds=11)
    with pytest.raises(InvalidRefreshToken):
        refresh(world, lost)  # of the two, one may be used
    with pytest.raises(InvalidRefreshToken):
        refresh(world, third)


@pytest.mark.parametrize("seconds", [0, 1, 11, 540])
def test_a_thief_who_repeats_within_the_window_is_found_at_the_next_refresh(world, seconds):
    """However soon the second of the two comes after the first: only the very token that was used may be repeated."""
    stolen = world.register()
    owners = refresh(world, stolen)
    thiefs = refresh(world, stolen)
    world.wait(minutes=9)
    refresh(world, owners)
    world.wait(seconds=seconds)
    with pytest.raises(InvalidRefreshToken):
        refresh(world, thiefs)
    assert len(world.store.events) == 1
    with pytest.raises(InvalidRefreshToken):
        refresh(world, owners)


def test_once_the_next_token_is_used_the_one_before_is_no_repeat(world):
    first = world.register()
    refresh(world, refresh(world, first))
    with pytest.raises(InvalidRefreshToken):
        refresh(world, first)
    assert len(world.store.events) == 1


@pytest.mark.parametrize("token", ["", "unknown", "x" * 10_000, "\ud800", "中文"])
def test_what_is_no_token_is_refused(world, token):
    with pytest.raises(InvalidRefreshToken):
        world.app.sessions.refresh(token)


def test_a_session_lives_thirty_days_after_its_last_use(world):
    session = world.register()
    world.wait(days=29)
    session = refresh(world, session)
    world.wait(days=29)
    session = refresh(world, session)
    world.wait(days=30)
    with pytest.raises(InvalidRefreshToken):
        refresh(world, session)
    assert world.store.events == []  # it has ended by itself: nobody stole anything


def test_logout_ends_the_callers_session_once(world):
    session, other = world.register(), world.login()
    by = UUID(session["user"]["user_id"])
    for _ in range(2):
        world.app.sessions.logout(by, session_id_of(session), None)
    assert [event.session.id for event in world.store.events] == [session_id_of(session)]
    with pytest.raises(InvalidRefreshToken):
        refresh(world, session)
    refresh(world, other)


def test_logout_by_refresh_token_needs_no_access_token(world):
    session = world.register()
    world.app.sessions.logout(None, None, session["refresh_token"])
    assert [event.session.id for event in world.store.events] == [session_id_of(session)]


def test_logout_with_both_ends_both(world):
    one, two = world.register(), world.login()
    world.app.sessions.logout(UUID(one["user"]["user_id"]), session_id_of(one), two["refresh_token"])
    assert {event.session.id for event in world.store.events} == {session_id_of(one), session_id_of(two)}


def test_logout_with_an_unknown_token_changes_nothing(world):
    world.register()
    world.app.sessions.logout(None, None, "unknown")
    assert world.store.events == []


def test_logout_of_nobody_is_refused(world):
    with pytest.raises(Unauthenticated):
        world.app.sessions.logout(None, None, None)


def test_nobody_ends_anothers_session(world):
    session = world.register()
    world.app.sessions.logout(uuid7(), session_id_of(session), None)
    assert world.store.events == []
    refresh(world, session)


def test_revoked_sessions_are_those_of_the_last_minutes(world):
    old, new = world.register(), world.login()
    by = UUID(old["user"]["user_id"])
    world.app.sessions.logout(by, session_id_of(old), None)
    world.wait(seconds=661)
    world.app.sessions.logout(by, session_id_of(new), None)
    until = rfc3339(world.now + timedelta(minutes=11))
    assert world.app.sessions.revoked(660) == {"items": [{"session_id": str(session_id_of(new)), "until": until}]}


@pytest.mark.parametrize("seconds", [0, -1, 3601])
def test_how_far_to_look_back_is_bounded(world, seconds):
    with pytest.raises(Invalid):
        world.app.sessions.revoked(seconds)


def test_what_has_ended_long_ago_is_dropped(world):
    session = world.register(client_ip="192.0.2.1")
    world.app.line.begin(UUID(session["user"]["user_id"]), session_id_of(session), None)
    world.wait(days=31, seconds=1)
    assert world.app.housekeeping.tidy()
    assert (world.store.sessions, world.store.tokens, world.store.nonces, world.store.buckets) == ({}, {}, {}, {})
    assert not world.app.housekeeping.tidy()
    assert len(world.store.accounts) == 1
