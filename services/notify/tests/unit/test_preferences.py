"""What a user may wish, and when it is quiet."""

from datetime import datetime

import pytest

from chassis.errors import Invalid
from notify.domain.preferences import TAIPEI, Channel, Preferences


def wishes(start=None, end=None, **values):
    fields = {"line": True, "sns": False, "muted": [], "version": 0, **values}
    return Preferences.checked(quiet_from=start, quiet_to=end, **fields)


def at(text):
    return datetime.fromisoformat(f"2026-12-{text}").replace(tzinfo=TAIPEI)


@pytest.mark.parametrize(
    ("start", "end", "moment", "rings"),
    [
        ("22:00", "07:00", "01T21:59", "01T21:59"),
        ("22:00", "07:00", "01T22:00", "02T07:00"),
        ("22:00", "07:00", "02T00:00", "02T07:00"),
        ("22:00", "07:00", "02T06:59:59", "02T07:00"),
        ("22:00", "07:00", "02T07:00", "02T07:00"),
        ("12:30", "13:30", "01T12:30", "01T13:30"),
        ("12:30", "13:30", "01T13:30", "01T13:30"),
        ("12:30", "13:30", "01T12:29", "01T12:29"),
        ("00:00", "00:01", "01T00:00:30", "01T00:01"),
        (None, None, "01T03:00", "01T03:00"),
    ],
)
def test_quiet_hours_hold_back_until_they_end(start, end, moment, rings):
    assert wishes(start, end).not_before(at(moment)) == at(rings)


def test_quiet_hours_are_taipeis_whatever_zone_a_moment_is_in():
    quiet = wishes("22:00", "07:00")
    assert quiet.not_before(datetime.fromisoformat("2026-12-01T15:00:00+00:00")) == at("02T07:00")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"start": "24:00", "end": "07:00"}, "quiet_from"),
        ({"start": "7:00", "end": "08:00"}, "quiet_from"),
        ({"start": "22:00", "end": "07:60"}, "quiet_to"),
        ({"start": "22:00:00", "end": "07:00"}, "quiet_from"),
        ({"start": "２２:00", "end": "07:00"}, "quiet_from"),
        ({"start": "22:00"}, "quiet_to"),
        ({"end": "22:00"}, "quiet_from"),
        ({"start": "22:00", "end": "22:00"}, "quiet_to"),
        ({"muted": ["order.new", "order.sold"]}, "muted_types"),
    ],
)
def test_what_cannot_be_wished_is_refused_by_field(values, field):
    with pytest.raises(Invalid) as refused:
        wishes(**values)
    assert refused.value.fields == {"field": field}


def test_a_muted_type_leaves_by_no_way():
    muted = wishes(muted=["order.paid", "order.paid"], sns=True)
    assert muted.muted_types == ("order.paid",)
    assert [muted.wants(channel, "order.paid") for channel in Channel] == [False, False]
    assert [muted.wants(channel, "order.new") for channel in Channel] == [True, True]
