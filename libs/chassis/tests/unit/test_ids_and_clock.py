"""Ids sort by time and say when they were made; moments have one text form."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from chassis import clock, ids


def test_ids_grow_within_a_process_also_in_one_millisecond_and_when_the_clock_steps_back(monkeypatch):
    moments = iter([5, 5, 4, 6, *[6] * 5000])
    monkeypatch.setattr(ids, "time", SimpleNamespace(time_ns=lambda: (1_800_000_000_000 + next(moments)) * 1_000_000))
    monkeypatch.setattr(ids, "_last_ms", 0)
    monkeypatch.setattr(ids, "_counter", 0)
    made = [ids.uuid7() for _ in range(5004)]
    assert made == sorted(set(made))
    assert all(one.version == 7 and one.variant == "specified in RFC 4122" for one in made)


def test_ids_of_many_threads_are_different():
    made: list[UUID] = []
    threads = [threading.Thread(target=lambda: made.extend(ids.uuid7() for _ in range(2000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8000


def test_an_id_tells_when_it_was_made():
    before = clock.now()
    made = ids.time_of(ids.uuid7())
    assert before - timedelta(seconds=1) < made < clock.now() + timedelta(seconds=1)
    with pytest.raises(ValueError, match="not a UUIDv7"):
        ids.time_of(uuid4())


def test_the_lowest_id_of_a_moment_bounds_those_before_and_after():
    noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert ids.lowest_at(noon - timedelta(milliseconds=1)) < ids.lowest_at(noon)
    assert ids.time_of(ids.lowest_at(noon)) == noon
    assert ids.lowest_at(datetime(2020, 1, 1, tzinfo=UTC)) < ids.uuid7()


def test_many_texts_become_ids_at_once():
    wanted = [ids.uuid7() for _ in range(3)]
    assert ids.parsed([str(one) for one in wanted]) == wanted
    assert ids.parsed([]) == []
    with pytest.raises(ValueError, match="Invalid UUID"):
        ids.parsed(["x"])


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 12, 1, 8, tzinfo=UTC), "2026-12-01T08:00:00.000000Z"),
        (datetime(2026, 12, 1, 16, 0, 0, 5, tzinfo=timezone(timedelta(hours=8))), "2026-12-01T08:00:00.000005Z"),
    ],
)
def test_moments_have_one_text_form_in_utc(moment, text):
    assert clock.rfc3339(moment) == text
    assert clock.parse(text) == moment


@pytest.mark.parametrize("text", ["2026-12-01T08:00:00", "yesterday", ""])
def test_a_moment_without_an_offset_is_none(text):
    with pytest.raises(ValueError, match=r"offset|Invalid"):
        clock.parse(text)
