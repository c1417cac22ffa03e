"""The envelope: CloudEvents in JSON, alone and in bundles, and what is refused."""

import json

import pytest

import contracts

SELLER = contracts.users.SellerChangedV1(
    user_id="u-1", version=1, state="approved", display_name="阿明", changed_at="2026-12-01T12:00:00Z"
)


def an_event(**changes) -> bytes:
    event = json.loads(contracts.encode(SELLER, event_id="e-1", time="2026-12-01T12:00:00Z"))
    return json.dumps(event | changes).encode()


def test_an_event_is_cloudevents_json():
    event = json.loads(an_event())
    assert {name: event[name] for name in ("specversion", "source", "type", "subject")} == {
        "specversion": "1.0",
        "source": "users",
        "type": "users.seller_changed.v1",
        "subject": "u-1",
    }
    assert "correlationid" not in event


def test_a_bundle_gives_back_each_event_to_the_byte():
    events = [an_event(id=f"e-{number}") for number in range(100)]
    assert contracts.decode_bundle(contracts.encode_bundle(events)) == events


def test_one_bad_event_does_not_spoil_its_bundle():
    good, bad = an_event(), b'{"specversion":"1.0","id":7}'
    unpacked = contracts.decode_bundle(contracts.encode_bundle([good, bad, good]))
    assert contracts.decode(unpacked[0]) == contracts.decode(unpacked[2]) == contracts.decode(good)
    with pytest.raises(contracts.Undecodable):
        contracts.decode(unpacked[1])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"specversion":"1.0"}',
        an_event(specversion="0.3"),
        an_event(id=7),
        b'{"id":' + b"[" * 100_000,
        an_event()[:-2],
        an_event().replace(b'"u-1"', b"NaN", 1),
    ],
)
def test_bytes_that_are_no_event_are_refused(body):
    with pytest.raises(contracts.Undecodable):
        contracts.decode(body)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "users.unheard_of.v1"},
        {"data": {"__type__": "datetime", "__value__": "x"}},
        {"data": []},
        {"data": {"user_id": 1}},
    ],
)
def test_data_that_is_not_the_topics_is_refused(changes):
    event = contracts.decode(an_event(**changes))
    with pytest.raises(contracts.Undecodable):
        contracts.data_of(event)


@pytest.mark.parametrize("body", [b"{}", b"[", b"[" * 100_000, b"nope"])
def test_a_bundle_that_is_none_is_refused(body):
    with pytest.raises(contracts.Undecodable):
        contracts.decode_bundle(body)


def test_a_topic_belongs_to_its_source_and_is_defined_once():
    with pytest.raises(TypeError, match="does not belong"):
        type("Stray", (contracts.Message,), {"source": "users", "topic": "orders.stray.v1"}, frozen=True, kw_only=True)
    with pytest.raises(TypeError, match="defined twice"):
        type(
            "Again",
            (contracts.Message,),
            {"source": "users", "topic": "users.seller_changed.v1"},
            frozen=True,
            kw_only=True,
        )
