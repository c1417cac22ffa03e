"""Profile, addresses, operators."""

from dataclasses import replace
from uuid import UUID

import pytest

from chassis.errors import Invalid, Kind, Missing, StaleVersion, Unauthenticated
from chassis.ids import uuid7
from kernel.locales import Locale
from users.adapters.published_events import to_contract
from users.application import profile
from users.application.profile import ChangeProfile
from users.domain.address import Address
from users.domain.errors import TooManyAddresses
from users.domain.events import LocaleChanged

HOME = Address(
    id=UUID(int=1),
    name="王小明",
    phone="0912-345-678",
    city="臺北市",
    district="大同區",
    postal_code="103",
    line="寧夏路 1 號",
)


def test_me_shows_everything_at_a_glance(world):
    by = world.somebody()
    seen = world.app.profile.me(by)
    assert seen == {
        "user_id": str(by),
        "email": "ming@yeshi.test",
        "name": "王小明",
        "roles": [],
        "created_at": "2026-12-01T12:00:00.000000Z",
        "version": 1,
        "seller_state": None,
        "phone": None,
        "line_bound": False,
        "email_verified": False,
        "has_password": True,
        "locale": "zh-TW",
    }


def test_somebody_who_is_gone_is_nobody(world):
    with pytest.raises(Unauthenticated):
        world.app.profile.me(uuid7())
    with pytest.raises(Unauthenticated):
        world.app.profile.change(ChangeProfile(uuid7(), name="x"))
    with pytest.raises(Unauthenticated):
        world.app.profile.put_address(uuid7(), HOME)


def test_a_change_keeps_what_is_not_given(world):
    by = world.somebody()
    first = world.app.profile.change(ChangeProfile(by, phone="0912345678"))
    assert (first["name"], first["phone"], first["version"]) == ("王小明", "+886912345678", 2)
    second = world.app.profile.change(ChangeProfile(by, name="王大明", expected_version=2))
    assert (second["name"], second["phone"], second["version"]) == ("王大明", "+886912345678", 3)
    third = world.app.profile.change(ChangeProfile(by, phone=""))
    assert (third["phone"], third["version"]) == (None, 4)


def test_a_change_to_the_same_is_none(world):
    by = world.somebody()
    assert world.app.profile.change(ChangeProfile(by, name="王小明"))["version"] == 1


def test_who_has_seen_another_version_changes_nothing(world):
    by = world.somebody()
    world.app.profile.change(ChangeProfile(by, name="王大明"))
    with pytest.raises(StaleVersion) as refusal:
        world.app.profile.change(ChangeProfile(by, name="王中明", expected_version=1))
    assert refusal.value.fields == {"version": 2}
    assert world.app.profile.me(by)["name"] == "王大明"


def test_an_address_is_kept_in_normal_form(world):
    by = world.somebody()
    put = world.app.profile.put_address(by, replace(HOME, postal_code=" １０３-4１ ", city=" 臺北市 "))
    assert put == {
        "address_id": str(HOME.id),
        "name": "王小明",
        "phone": "+886912345678",
        "city": "臺北市",
        "district": "大同區",
        "postal_code": "10341",
        "line": "寧夏路 1 號",
        "is_default": True,
    }
    assert world.app.profile.addresses(by) == {"items": [put]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"phone": "none"}, "phone"),
        ({"city": ""}, "city"),
        ({"city": "長" * 21}, "city"),
        ({"city": "新北市"}, "district"),
        ({"district": "大安區"}, "postal_code"),
        ({"district": "\t"}, "district"),
        ({"postal_code": "12"}, "postal_code"),
        ({"postal_code": "1234"}, "postal_code"),
        ({"postal_code": "1234567"}, "postal_code"),
        ({"postal_code": "abc"}, "postal_code"),
        ({"line": ""}, "line"),
        ({"line": "路" * 201}, "line"),
        ({"line": "寧夏路\0"}, "line"),
    ],
)
def test_an_address_that_cannot_be_is_refused_with_its_field(world, changes, field):
    by = world.somebody()
    with pytest.raises(Invalid) as refusal:
        world.app.profile.put_address(by, replace(HOME, **changes))
    assert refusal.value.fields["field"] == field
    assert world.app.profile.addresses(by) == {"items": []}


def defaults(world, by) -> list[int]:
    return [UUID(one["address_id"]).int for one in world.app.profile.addresses(by)["items"] if one["is_default"]]


def test_there_is_always_one_default(world):
    by = world.somebody()
    for number in (1, 2, 3):
        world.app.profile.put_address(by, replace(HOME, id=UUID(int=number)))
        assert defaults(world, by) == [1]
    world.app.profile.put_address(by, replace(HOME, id=UUID(int=3), is_default=True))
    assert defaults(world, by) == [3]
    world.app.profile.put_address(by, replace(HOME, id=UUID(int=3), is_default=False, line="寧夏路 2 號"))
    assert defaults(world, by) == [3]
    world.app.profile.delete_address(by, UUID(int=3))
    assert defaults(world, by) == [1]
    world.app.profile.delete_address(by, UUID(int=1))
    world.app.profile.delete_address(by, UUID(int=2))
    assert world.app.profile.addresses(by) == {"items": []}


def test_a_book_holds_twenty(world):
    by = world.somebody()
    for number in range(20):
        world.app.profile.put_address(by, replace(HOME, id=UUID(int=number)))
    with pytest.raises(TooManyAddresses) as refusal:
        world.app.profile.put_address(by, replace(HOME, id=UUID(int=20)))
    assert (refusal.value.code, refusal.value.kind) == ("too_many_addresses", Kind.CONFLICT)
    world.app.profile.put_address(by, replace(HOME, id=UUID(int=19), line="寧夏路 2 號"))  # writing over is no more


def test_anothers_address_is_missing(world):
    by, other = world.somebody(), world.somebody("other@yeshi.test")
    world.app.profile.put_address(other, HOME)
    with pytest.raises(Missing):
        world.app.profile.delete_address(by, HOME.id)
    world.app.profile.put_address(by, replace(HOME, line="中山路 1 號"))  # the same id in another book
    assert world.app.profile.addresses(other)["items"][0]["line"] == "寧夏路 1 號"


def test_an_operator_is_made_once(world):
    by = world.somebody()
    for _ in range(2):
        assert world.app.profile.make_operator(" MING@yeshi.test")
    seen = world.app.profile.me(by)
    assert (seen["roles"], seen["version"]) == (["operator"], 2)
    assert not world.app.profile.make_operator("nobody@yeshi.test")


def test_a_language_is_chosen_and_letters_come_in_it_first(world):
    by = world.somebody()
    assert world.app.profile.me(by)["locale"] == "zh-TW"
    world.letters()
    assert world.app.profile.change(ChangeProfile(by, locale=Locale.EN))["locale"] == "en"
    world.app.recovery.forgot("ming@yeshi.test", "")
    [letter] = world.letters()
    assert letter.subject == "Reset your password · 重設密碼"
    assert letter.text.index("Somebody asked") < letter.text.index("有人要求")
    assert '<html lang="en">' in letter.html


def test_a_language_is_told_once_when_it_changes(world):
    by = world.somebody()
    for locale in (Locale.EN, Locale.EN, None, Locale.ZH_TW):
        world.app.profile.change(ChangeProfile(by, locale=locale, name="王小明"))
    told = [to_contract(event) for event in world.store.events if isinstance(event, LocaleChanged)]
    assert [(one.user_id, one.locale, one.version) for one in told] == [(str(by), "en", 2), (str(by), "zh-TW", 3)]


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_who_reads_another_language_is_told_of_again_whoever_listens_by_now(world, monkeypatch, at_once):
    monkeypatch.setattr(profile, "TOLD_AT_ONCE", at_once)
    readers = [world.somebody(f"reader-{number}@yeshi.test") for number in range(3)]
    back, gone, _usual = (world.somebody(f"{name}@yeshi.test") for name in ("back", "gone", "usual"))
    for by in (*readers, back, gone):
        world.app.profile.change(ChangeProfile(by, locale=Locale.EN))
    world.app.profile.change(ChangeProfile(back, locale=Locale.ZH_TW))
    world.store.accounts[gone].erase(world.now)
    world.store.events.clear()
    for _ in range(2):
        assert world.app.profile.tell_languages() == 3
    told = [to_contract(event) for event in world.store.events]
    assert [(one.user_id, one.locale, one.version) for one in told] == [
        (str(by), "en", 2) for by in sorted(readers)
    ] * 2
