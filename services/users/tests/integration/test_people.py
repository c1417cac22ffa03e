"""Sellers, operators, profile, addresses and LINE binding: on the real process, with what the bus hears."""

import json

import pytest

from chassis.errors import Refusal
from chassis.ids import uuid7
from contracts.gateway import LineWebhookReceivedV1
from contracts.naming import DEAD, event_queue
from yeshi_local.testing import until

LINE_USER = "U" + "0" * 31 + "1"
HOME = {
    "name": "王小明",
    "phone": "0912-345-678",
    "city": "臺北市",
    "district": "大同區",
    "postal_code": "103",
    "line": "寧夏路 1 號",
}


def refused(code: str):
    return pytest.raises(Refusal, check=lambda refusal: refusal.code == code)


@pytest.fixture
def ming(world) -> dict:
    """The principal of somebody new."""
    return world.principal(world.register())


def test_a_seller_is_heard_of_and_decided_on(world, ming):
    request = {"kind": "person", "display_name": "阿明茶行", "phone": "０９１２－３４５－６７８"}
    seller = world.ask("become_seller", ming, request)
    assert (seller["state"], seller["phone"], seller["version"]) == ("approved", "+886912345678", 1)
    assert world.ask("become_seller", ming, request) == seller
    assert world.ask("get_seller", ming) == seller
    with refused("forbidden"):
        world.ask("decide_seller", ming, {"seller_id": ming["user_id"], "state": "suspended"})
    with refused("forbidden"):
        world.ask("list_sellers", ming, {})

    operator = {**ming, "user_id": str(uuid7()), "roles": ["operator"]}
    decision = {"seller_id": ming["user_id"], "state": "suspended"}
    assert world.ask("decide_seller", operator, decision)["version"] == 2
    assert world.ask("decide_seller", operator, decision)["version"] == 2
    with refused("illegal_transition"):
        world.ask("decide_seller", operator, {**decision, "state": "rejected"})
    with refused("not_found"):
        world.ask("decide_seller", operator, {**decision, "seller_id": str(uuid7())})
    heard = world.published(2)
    assert [(one.user_id, one.version, one.state, one.decided_by) for one in heard] == [
        (ming["user_id"], 1, "approved", "automatic"),
        (ming["user_id"], 2, "suspended", operator["user_id"]),
    ]
    answer = world.ask("get_sellers", None, {"seller_ids": [ming["user_id"], str(uuid7()), "nonsense"]})
    assert {key: (one["state"], one["version"]) for key, one in answer["items"].items()} == {
        ming["user_id"]: ("suspended", 2)
    }
    assert "phone" not in answer["items"][ming["user_id"]]


def test_sellers_come_in_pages(world):
    operator = {"user_id": str(uuid7()), "session_id": str(uuid7()), "roles": ["operator"]}
    people = [world.principal(world.register()) for _ in range(3)]
    for one in people:
        world.ask(
            "become_seller",
            one,
            {"kind": "company", "display_name": "公司", "phone": "02-2345-6789", "tax_id": "04595257"},
        )
    world.published(3)
    seen, cursor = [], None
    while True:
        page = world.ask("list_sellers", operator, {"limit": 2, "cursor": cursor, "state": "approved"})
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [one["seller_id"] for one in seen if one["kind"] == "company"] == sorted(one["user_id"] for one in people)
    with refused("invalid"):
        world.ask("list_sellers", operator, {"limit": 0})


def test_an_operator_is_made_on_the_command_line(world):
    session = world.register(email="boss@yeshi.test")
    status, said = world.once("make-operator", "Boss@yeshi.test")
    assert status == 0
    assert "is an operator" in said
    assert world.principal(world.ask("refresh", None, {"refresh_token": session["refresh_token"]}))["roles"] == [
        "operator"
    ]
    status, said = world.once("make-operator", "nobody@yeshi.test")
    assert status == 1
    assert "no account" in said
    assert world.once("make-operator")[0] == 2


def test_a_profile_changes_for_those_who_have_seen_it(world, ming):
    changed = world.ask("patch_me", ming, {"phone": "0912 345 678", "expected_version": 1})
    assert (changed["phone"], changed["version"]) == ("+886912345678", 2)
    with refused("stale_version"):
        world.ask("patch_me", ming, {"name": "王大明", "expected_version": 1})
    assert world.ask("me", ming) == changed
    assert world.ask("patch_me", ming, {"name": "王大明"})["phone"] == "+886912345678"  # not given: it stays
    assert world.ask("patch_me", ming, {"phone": None})["phone"] is None


def test_a_language_is_heard_of_when_it_changes(world, ming):
    for locale in ("en", "en", "zh-TW"):
        world.ask("patch_me", ming, {"locale": locale})
    told = world.published(2, lambda event: event.type == "users.locale_changed.v1")
    assert [(one.user_id, one.locale) for one in told] == [(ming["user_id"], "en"), (ming["user_id"], "zh-TW")]
    assert told[0].version < told[1].version


def test_languages_are_told_again_on_the_command_line(world, ming):
    world.ask("patch_me", ming, {"locale": "en"})
    assert world.once("tell-languages", "now")[0] == 2
    for _ in range(2):
        status, said = world.once("tell-languages")
        assert status == 0
        assert "told the language of" in said
    told = world.published(3, lambda event: (event.type, event.subject) == ("users.locale_changed.v1", ming["user_id"]))
    assert [(one.locale, one.version) for one in told] == [("en", 2)] * 3


def test_an_address_book_has_one_default_and_twenty_lines(world, ming):
    ids = [str(uuid7()) for _ in range(21)]
    for one in ids[:20]:
        world.ask("put_address", ming, {**HOME, "address_id": one})
    with refused("too_many_addresses"):
        world.ask("put_address", ming, {**HOME, "address_id": ids[20]})
    put = world.ask("put_address", ming, {**HOME, "address_id": ids[5], "is_default": True, "line": "寧夏路 6 號"})
    items = world.ask("list_addresses", ming)["items"]
    assert [one["address_id"] for one in items] == ids[:20]
    assert [one for one in items if one["is_default"]] == [put]
    world.ask("delete_address", ming, {"address_id": ids[5]})
    items = world.ask("list_addresses", ming)["items"]
    assert [one["address_id"] for one in items if one["is_default"]] == [ids[0]]
    with refused("not_found"):
        world.ask("delete_address", ming, {"address_id": ids[5]})
    other = world.principal(world.register())
    with refused("not_found"):
        world.ask("delete_address", other, {"address_id": ids[0]})
    assert world.ask("list_addresses", other) == {"items": []}


def test_addresses_put_beside_each_other_leave_one_default(world, ming):
    calls = [("put_address", ming, {**HOME, "address_id": str(uuid7()), "is_default": True}) for _ in range(10)]
    assert all(isinstance(answer, dict) for answer in world.together(*calls))
    items = world.ask("list_addresses", ming)["items"]
    assert len(items) == 10
    assert sum(one["is_default"] for one in items) == 1


def webhook(**event: object) -> LineWebhookReceivedV1:
    return LineWebhookReceivedV1(
        webhook_event_id="01JE0000000000000000000000",
        destination="U" + "9" * 32,
        received_at="2026-12-01T12:00:00.000000Z",
        body=json.dumps({"mode": "active", "timestamp": 1, "webhookEventId": "01JE", **event}),
    )


def account_link(nonce: str, line_user: str = LINE_USER) -> LineWebhookReceivedV1:
    return webhook(
        type="accountLink",
        source={"type": "user", "userId": line_user},
        link={"result": "ok", "nonce": nonce},
    )


def test_an_account_link_binds_once_however_often_it_is_delivered(world, ming):
    binding = world.ask("bind_line", ming, {"link_token": "NMZTNuVrPTqlr2IF8Bnymkb7rXfYv5EY"})
    assert binding["expires_in"] == 600
    assert binding["url"] == (
        f"https://line.test/dialog/bot/accountLink?linkToken=NMZTNuVrPTqlr2IF8Bnymkb7rXfYv5EY&nonce={binding['nonce']}"
    )
    world.publish(account_link(binding["nonce"]), copies=2)  # the bus delivers twice
    world.publish(account_link(binding["nonce"]))  # LINE delivers twice
    world.publish(
        webhook(type="message", source={"type": "user", "userId": LINE_USER}, message={"type": "text", "text": "hi"}),
        webhook(type="follow", source={"type": "user", "userId": LINE_USER}, follow={"isUnblocked": False}),
        webhook(type="somethingNew"),
    )
    until(lambda: world.ask("me", ming)["line_bound"])

    other = world.principal(world.register())
    world.publish(account_link(world.ask("bind_line", other, None)["nonce"]))  # the LINE user moves
    until(lambda: world.ask("me", other)["line_bound"])
    world.ask("unbind_line", other)
    world.ask("unbind_line", other)
    heard = world.published(4)
    assert [(one.user_id, one.version, one.line_user_id) for one in heard] == [
        (ming["user_id"], 1, LINE_USER),
        (ming["user_id"], 2, None),
        (other["user_id"], 1, LINE_USER),
        (other["user_id"], 2, None),
    ]
    assert world.client.depth(DEAD) == 0
    assert world.client.depth(event_queue("users")) == 0


def test_an_account_link_that_cannot_be_read_is_buried_and_its_neighbours_are_not(world, ming):
    line_user = "U" + "a" * 32
    nonce = world.ask("bind_line", ming)["nonce"]
    world.publish(webhook(type="accountLink", source={"type": "user"}), account_link(nonce, line_user))
    until(lambda: world.ask("me", ming)["line_bound"])
    until(lambda: world.client.depth(DEAD) == 1)
    (heard,) = world.published(1)
    assert heard.line_user_id == line_user


def test_no_event_of_users_says_how_to_reach_a_person(world):
    bodies = b"".join(bytes(body) for (body,) in world.rows("SELECT body FROM outbox"))
    assert b"user_id" in bodies
    for personal in (b"@yeshi.test", b"912345678", "寧夏路".encode()):
        assert personal not in bodies
