"""Every topic has a stored sample: what a consumer must read and what its producer must write."""

import json
from pathlib import Path

import msgspec
import pytest

import contracts
from contracts.asyncapi import document

SAMPLES = Path(__file__).parent.parent / "samples"


def stored(topic: str) -> bytes:
    return (SAMPLES / f"{topic}.json").read_bytes()


def test_every_topic_has_a_sample_and_every_sample_a_topic():
    assert {path.stem for path in SAMPLES.glob("*.json")} == set(contracts.TOPICS)


@pytest.mark.parametrize("topic", sorted(contracts.TOPICS))
def test_a_consumer_reads_the_sample(topic):
    event = contracts.decode(stored(topic))
    data = contracts.data_of(event)
    assert type(data) is contracts.TOPICS[topic]
    assert event.source == data.source
    assert event.subject == data.subject()


@pytest.mark.parametrize("topic", sorted(contracts.TOPICS))
def test_a_producer_writes_the_sample(topic):
    event = contracts.decode(stored(topic))
    written = contracts.encode(
        contracts.data_of(event),
        event_id=event.id,
        time=event.time,
        correlation_id=event.correlationid,
        causation_id=event.causationid,
        traceparent=event.traceparent,
    )
    assert json.loads(written) == json.loads(stored(topic))


@pytest.mark.parametrize("topic", sorted(contracts.TOPICS))
def test_a_consumer_reads_what_a_newer_producer_adds(topic):
    newer = json.loads(stored(topic))
    newer["data"]["added_later"] = {"any": ["thing"]}
    newer["addedlater"] = "x"
    assert contracts.data_of(contracts.decode(json.dumps(newer).encode())) == contracts.data_of(
        contracts.decode(stored(topic))
    )


@pytest.mark.parametrize("topic", sorted(contracts.TOPICS))
def test_a_sample_without_a_required_field_is_refused(topic):
    for name in msgspec.structs.fields(contracts.TOPICS[topic]):
        if not name.required:
            continue
        broken = json.loads(stored(topic))
        del broken["data"][name.encode_name]
        with pytest.raises(contracts.Undecodable, match=name.encode_name):
            contracts.data_of(contracts.decode(json.dumps(broken).encode()))


def test_no_event_carries_a_persons_contact_data():
    """Checked by field name over the whole schema, since a sample shows only one case."""
    personal = {"address", "phone", "email", "e_mail", "note", "password", "recipient_name"}
    for name, schema in document()["components"]["schemas"].items():
        assert not personal & set(schema.get("properties", {})), name
