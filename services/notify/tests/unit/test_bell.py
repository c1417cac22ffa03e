"""Ringing and reading."""

from uuid import uuid4

import pytest

from chassis.errors import Missing, StaleVersion
from notify.domain.bell import Bell
from notify.domain.preferences import Channel, Preferences


def test_seq_grows_by_one_with_every_change_and_each_is_an_event(world):
    world.ring(world.news(), world.news())
    world.app.bell.read(world.seller, next(iter(world.store.notifications)))
    world.ring(world.news())
    world.app.bell.read_all(world.seller)
    mine = [one for one in world.store.events if one.user_id == world.seller]
    assert [(one.bell.seq, one.bell.unread, one.item is not None) for one in mine] == [
        (1, 1, True),
        (2, 2, True),
        (3, 1, False),
        (4, 2, True),
        (5, 0, False),
    ]


def test_the_same_news_heard_again_rings_nobody(world):
    news = world.news()
    world.ring(news)
    world.ring(news)
    assert world.rang(world.seller) == ["order.new"]
    assert world.store.bells[world.seller] == Bell(1, 1)
    assert len(world.store.events) == 2  # the seller's and the clerk's


def test_reading_what_was_read_or_is_not_there_changes_nothing(world):
    world.ring(world.news())
    mine = next(one.id for one in world.store.notifications.values() if one.user_id == world.seller)
    first = world.app.bell.read(world.seller, mine)
    assert world.app.bell.read(world.seller, mine) == first == {"unread_count": 0, "seq": 2}
    for user, name in ((world.buyer, mine), (world.seller, uuid4())):
        with pytest.raises(Missing):
            world.app.bell.read(user, name)
    assert world.app.bell.read_all(world.buyer) == {"unread_count": 0, "seq": 0}


def test_a_page_tells_where_the_next_begins(world):
    world.ring(*(world.news() for _ in range(3)))
    first = world.app.bell.page(world.seller, unread=False, before=None, limit=2)
    assert [one["seq"] for one in first["items"]] == [3, 2]
    assert first["next_cursor"] == first["items"][-1]["notification_id"]


@pytest.mark.parametrize(
    ("wishes", "bound", "channels"),
    [
        (Preferences(), True, [Channel.LINE]),
        (Preferences(), False, []),
        (Preferences(line=False, sns=True), True, [Channel.SNS]),
        (Preferences(sns=True), True, [Channel.LINE, Channel.SNS]),
        (Preferences(sns=True, muted_types=("order.new",)), True, []),
    ],
)
def test_deliveries_are_made_for_the_ways_a_recipient_wants_and_has(world, wishes, bound, channels):
    world.store.preferences[world.seller] = wishes
    if bound:
        world.bind(world.seller)
    world.ring(world.news())
    assert [one.channel for one in world.store.deliveries] == channels
    assert all(one.user_id == world.seller for one in world.store.deliveries)
    assert len({one.retry_key for one in world.store.deliveries}) == len(channels)
    assert world.rang(world.seller) == ["order.new"]  # the list has it in any case


def test_preferences_are_written_by_version_and_twice_is_once(world):
    wanted = Preferences(sns=True)
    assert world.app.preferences.put(world.seller, wanted)["version"] == 1
    assert world.app.preferences.put(world.seller, wanted)["version"] == 1
    with pytest.raises(StaleVersion) as stale:
        world.app.preferences.put(world.seller, Preferences(sns=False))
    assert stale.value.fields == {"version": 1}


def test_older_bindings_never_replace_newer_ones(world):
    world.bind(world.seller, "U2", version=2)
    world.bind(world.seller, "U1", version=1)
    world.ring(world.news())
    assert [one.address for one in world.store.deliveries] == ["U2"]
