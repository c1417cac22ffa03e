"""Binding an account to a LINE user."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from chassis.errors import Invalid, Unauthenticated
from chassis.ids import uuid7
from contracts.gateway import LineWebhookReceivedV1
from users.adapters.published_events import to_contract
from users.application.line import AccountLinked
from users.entrypoints.events import account_linked

LINE_USER = "U" + "0" * 31 + "1"


def nonce_for(world, by) -> str:
    return world.app.line.begin(by, world.session_of(by), None)["nonce"]


def link(world, nonce, line_user=LINE_USER, **changes) -> None:
    said = replace(AccountLinked(nonce, line_user, True, world.now), **changes)
    with world.unit() as unit:
        world.app.line.linked(said, unit)


def heard(world) -> list[tuple]:
    messages = [to_contract(event) for event in world.store.events]
    return [(one.user_id, one.version, one.line_user_id) for one in messages]


def test_with_a_link_token_there_is_a_way_to_go(world):
    by = world.somebody()
    answer = world.app.line.begin(by, world.session_of(by), "a token/with &?=")
    assert answer["expires_in"] == 600
    url = urlsplit(answer["url"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://access.line.me/dialog/bot/accountLink"
    assert parse_qs(url.query) == {"linkToken": ["a token/with &?="], "nonce": [answer["nonce"]]}


def test_without_one_there_is_a_nonce(world):
    by = world.somebody()
    answer = world.app.line.begin(by, world.session_of(by), None)
    assert answer["url"] is None
    assert answer["nonce"] not in repr(world.store)


@pytest.mark.parametrize("token", ["", "  ", "x" * 513, "a\nb"])
def test_what_is_no_link_token_is_refused(world, token):
    with pytest.raises(Invalid) as refusal:
        world.app.line.begin(world.somebody(), None, token)
    assert refusal.value.fields["field"] == "link_token"


def test_somebody_who_is_gone_gets_no_nonce(world):
    with pytest.raises(Unauthenticated):
        world.app.line.begin(uuid7(), None, None)


def test_a_link_binds_whom_the_nonce_was_issued_to(world):
    by = world.somebody()
    link(world, nonce_for(world, by))
    assert heard(world) == [(str(by), 1, LINE_USER)]
    assert world.app.profile.me(by)["line_bound"] is True


def test_a_nonce_binds_once(world):
    by, other = world.somebody(), world.somebody("other@yeshi.test")
    nonce = nonce_for(world, by)
    link(world, nonce)
    link(world, nonce, "U" + "f" * 32)
    assert heard(world) == [(str(by), 1, LINE_USER)]
    assert world.app.profile.me(other)["line_bound"] is False


def test_a_nonce_of_nobody_binds_nobody(world):
    world.somebody()
    link(world, "never issued")
    assert world.store.events == []


def test_a_nonce_is_good_for_ten_minutes_of_the_link_however_late_we_hear_of_it(world):
    by = world.somebody()
    late, slow = nonce_for(world, by), nonce_for(world, by)
    issued = world.now
    world.wait(hours=3)
    link(world, late, at=issued.replace(minute=10))
    assert heard(world) == [(str(by), 1, LINE_USER)]
    link(world, slow, "U" + "f" * 32, at=issued.replace(minute=10, second=1))
    assert len(heard(world)) == 1


def test_a_link_that_failed_spends_its_nonce(world):
    by = world.somebody()
    nonce = nonce_for(world, by)
    link(world, nonce, ok=False)
    link(world, nonce)
    assert world.store.events == []


def test_a_line_user_moves_to_the_account_that_bound_last(world):
    old, new = world.somebody(), world.somebody("new@yeshi.test")
    link(world, nonce_for(world, old))
    link(world, nonce_for(world, new))
    assert heard(world) == [(str(old), 1, LINE_USER), (str(old), 2, None), (str(new), 1, LINE_USER)]


def test_another_line_user_replaces_the_one_before(world):
    by = world.somebody()
    link(world, nonce_for(world, by))
    link(world, nonce_for(world, by), "U" + "f" * 32)
    assert heard(world) == [(str(by), 1, LINE_USER), (str(by), 2, "U" + "f" * 32)]


def test_binding_the_same_again_is_no_change(world):
    by = world.somebody()
    for _ in range(2):
        link(world, nonce_for(world, by))
    assert len(heard(world)) == 1


def test_unbinding_is_heard_once_and_the_version_goes_on(world):
    by = world.somebody()
    world.app.line.unbind(by)
    link(world, nonce_for(world, by))
    world.app.line.unbind(by)
    world.app.line.unbind(by)
    link(world, nonce_for(world, by))
    assert heard(world) == [(str(by), 1, LINE_USER), (str(by), 2, None), (str(by), 3, LINE_USER)]


def test_an_account_has_five_nonces_at_most(world):
    by = world.somebody()
    first = nonce_for(world, by)
    for _ in range(5):
        world.wait(seconds=1)
        nonce_for(world, by)
    link(world, first)
    assert world.store.events == []
    assert len(world.store.nonces) == 5


def webhook(body: object) -> LineWebhookReceivedV1:
    text = body if isinstance(body, str) else json.dumps(body)
    return LineWebhookReceivedV1(webhook_event_id="01J", destination="U", received_at="", body=text)


def an_event(**changes: object) -> dict:
    return {
        "type": "accountLink",
        "mode": "active",
        "timestamp": 1796126400123,
        "source": {"type": "user", "userId": LINE_USER},
        "webhookEventId": "01JE0000000000000000000000",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": "r",
        "link": {"result": "ok", "nonce": "a nonce of ours"},
        **changes,
    }


def test_an_account_link_is_read_from_lines_event():
    at = datetime(2026, 12, 1, 12, 0, 0, 123000, tzinfo=UTC)
    assert account_linked(webhook(an_event())) == AccountLinked("a nonce of ours", LINE_USER, True, at)
    assert account_linked(webhook(an_event(link={"result": "failed", "nonce": "n"}))).ok is False


@pytest.mark.parametrize(
    "body",
    [
        {"type": "message", "message": {"type": "text", "text": "accountLink"}, "source": {"type": "group"}},
        {"type": "follow", "source": None},
        {"type": "unheard of"},
        {},
    ],
)
def test_every_other_event_of_line_is_ignored(body):
    assert account_linked(webhook(body)) is None


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        "[]",
        an_event(source={"type": "user"}),
        an_event(source={"type": "user", "userId": "somebody"}),
        an_event(link=None),
        an_event(link={"result": "ok"}),
        an_event(timestamp="noon"),
    ],
)
def test_an_account_link_that_cannot_be_read_ends_its_tries(body):
    with pytest.raises(Invalid):
        account_linked(webhook(body))


def test_a_nonsense_time_is_taken_as_now():
    said = account_linked(webhook(an_event(timestamp=0)))
    assert abs((datetime.now(UTC) - said.at).total_seconds()) < 60
