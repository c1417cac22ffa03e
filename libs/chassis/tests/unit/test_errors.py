"""A refusal keeps its code, kind and fields on its way; one that says «away» stays catchable as that."""

from chassis.errors import DeadlineExceeded, Kind, Missing, Refusal, Unavailable


def test_a_refusal_survives_the_wire():
    class SoldOut(Refusal):
        code = "sold_out"
        kind = Kind.CONFLICT

    again = Refusal.from_dict(SoldOut("no more tea", left=0).as_dict())
    assert (again.code, again.kind, again.detail, again.fields) == (
        "sold_out",
        Kind.CONFLICT,
        "no more tea",
        {"left": 0},
    )
    assert str(again) == "no more tea"


def test_what_is_away_is_away_on_the_other_side_too():
    again = Refusal.from_dict(DeadlineExceeded("late").as_dict())
    assert isinstance(again, Unavailable)
    assert again.code == "deadline_exceeded"
    assert not isinstance(Refusal.from_dict(Missing().as_dict()), Unavailable)


def test_a_kind_that_only_a_later_release_knows_keeps_its_code():
    again = Refusal.from_dict({"code": "teapot", "kind": "unheard"})
    assert (again.code, again.kind) == ("teapot", Kind.INVALID)
