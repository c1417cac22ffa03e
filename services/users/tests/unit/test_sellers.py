"""Becoming a seller, and decisions about sellers."""

import pytest

from chassis.errors import Invalid, Kind, Missing, Unauthenticated
from chassis.ids import uuid7
from users.adapters.published_events import to_contract
from users.application.sellers import BecomeSeller
from users.domain import seller
from users.domain.errors import IllegalTransition
from users.domain.seller import ALLOWED, Seller, State

OPERATOR = uuid7()


def become(world, by, **changes):
    values = {"kind": seller.Kind.PERSON, "display_name": "阿明茶行", "phone": "0912345678", **changes}
    return world.app.sellers.become(BecomeSeller(by, **values))


def heard(world) -> list[tuple]:
    messages = [to_contract(event) for event in world.store.events]
    return [(one.user_id, one.version, one.state, one.display_name, one.decided_by) for one in messages]


def test_approval_is_automatic_by_default(world):
    by = world.somebody()
    answer = become(world, by)
    assert answer == {
        "seller_id": str(by),
        "state": "approved",
        "kind": "person",
        "display_name": "阿明茶行",
        "version": 1,
        "phone": "+886912345678",
        "tax_id": None,
        "decided_by": "automatic",
        "created_at": "2026-12-01T12:00:00.000000Z",
        "changed_at": "2026-12-01T12:00:00.000000Z",
    }
    assert heard(world) == [(str(by), 1, "approved", "阿明茶行", "automatic")]
    assert world.app.profile.me(by)["seller_state"] == "approved"
    assert world.app.sellers.own(by) == answer


def test_where_operators_decide_a_seller_waits(manual_world):
    world = manual_world
    by = world.somebody()
    assert become(world, by)["state"] == "pending"
    answer = world.app.sellers.decide(OPERATOR, by, State.APPROVED)
    assert (answer["state"], answer["version"], answer["decided_by"]) == ("approved", 2, str(OPERATOR))
    assert [event[1:3] for event in heard(world)] == [(1, "pending"), (2, "approved")]


def test_asking_again_answers_the_state_as_it_is(world):
    by = world.somebody()
    become(world, by)
    world.app.sellers.decide(OPERATOR, by, State.SUSPENDED)
    again = become(world, by, display_name="另一家")
    assert (again["state"], again["display_name"], again["version"]) == ("suspended", "阿明茶行", 2)
    assert len(world.store.events) == 2


def test_a_decision_that_stands_already_changes_nothing(world):
    by = world.somebody()
    become(world, by)
    assert world.app.sellers.decide(OPERATOR, by, State.APPROVED)["decided_by"] == "automatic"
    assert len(world.store.events) == 1


def test_an_approval_of_applications_lifts_no_suspension(world):
    by = world.somebody()
    become(world, by)
    world.app.sellers.decide(OPERATOR, by, State.SUSPENDED)
    with pytest.raises(IllegalTransition):
        world.app.sellers.decide(OPERATOR, by, State.APPROVED, [State.PENDING, State.REJECTED])
    assert world.app.sellers.decide(OPERATOR, by, State.APPROVED, [State.SUSPENDED])["state"] == "approved"
    assert world.app.sellers.decide(OPERATOR, by, State.APPROVED, [State.PENDING])["state"] == "approved"


@pytest.mark.parametrize(
    ("before", "after"),
    [(one, other) for one in State for other in State if other is not one and other not in ALLOWED[one]],
)
def test_every_other_move_is_the_same_error(world, before, after):
    some = Seller.applied(uuid7(), seller.Kind.PERSON, "x", "0912345678", world.now, approve=True)
    some.state = before
    with pytest.raises(IllegalTransition) as refusal:
        some.decide(after, OPERATOR, world.now)
    assert (refusal.value.code, refusal.value.kind) == ("illegal_transition", Kind.CONFLICT)
    assert (some.state, some.version) == (before, 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"display_name": " "}, "display_name"), ({"display_name": "x" * 61}, "display_name"), ({"phone": "1"}, "phone")],
)
def test_who_cannot_be_named_or_called_does_not_sell(world, changes, field):
    by = world.somebody()
    with pytest.raises(Invalid) as refusal:
        become(world, by, **changes)
    assert refusal.value.fields["field"] == field
    assert world.store.events == []


def test_somebody_who_is_gone_becomes_nothing(world):
    with pytest.raises(Unauthenticated):
        become(world, uuid7())


def test_who_is_no_seller_is_missing(world):
    by = world.somebody()
    with pytest.raises(Missing):
        world.app.sellers.own(by)
    with pytest.raises(Missing):
        world.app.sellers.decide(OPERATOR, by, State.APPROVED)


def test_sellers_come_in_pages(manual_world):
    world = manual_world
    people = [world.somebody(f"a{number}@yeshi.test") for number in range(5)]
    for by in people:
        become(world, by)
    world.app.sellers.decide(OPERATOR, people[2], State.APPROVED)
    seen, cursor = [], None
    while True:
        page = world.app.sellers.page(State.PENDING, cursor, 2)
        seen += [one["seller_id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = type(people[0])(page["next_cursor"])
    assert seen == [str(one) for one in people if one != people[2]]
    assert len(world.app.sellers.page(None, None, 100)["items"]) == 5
    assert world.app.sellers.page(State.REJECTED, None, 100) == {"items": [], "next_cursor": None}


def test_other_services_see_no_phone_number(world):
    by = world.somebody()
    become(world, by)
    answer = world.app.sellers.many([by, uuid7()])
    assert answer == {
        "items": {
            str(by): {
                "seller_id": str(by),
                "state": "approved",
                "kind": "person",
                "display_name": "阿明茶行",
                "version": 1,
            }
        }
    }


@pytest.mark.parametrize(
    "number", ["04595257", "22099131", " ２２０９９１３１ ", "22099136", "10458574", "10458575", "12345675"]
)
def test_a_company_names_its_number(world, number):
    by = world.somebody()
    seen = world.app.sellers.become(BecomeSeller(by, seller.Kind.COMPANY, "林記", "0912345678", number))
    assert (len(seen["tax_id"]), seen["tax_id"].isascii()) == (8, True)
    assert "tax_id" not in world.app.sellers.many([by])["items"][str(by)]


@pytest.mark.parametrize(
    "number", ["22099132", "00000000", "2209913", "220991311", "2209913a", "", "X2099131", "2" * 500, None]
)
def test_a_company_without_a_right_number_is_refused(world, number):
    with pytest.raises(Invalid) as refused:
        world.app.sellers.become(BecomeSeller(world.somebody(), seller.Kind.COMPANY, "林記", "0912345678", number))
    assert refused.value.fields["field"] == "tax_id"


def test_a_person_has_no_company_number(world):
    with pytest.raises(Invalid):
        world.app.sellers.become(BecomeSeller(world.somebody(), seller.Kind.PERSON, "林記", "0912345678", "22099131"))
