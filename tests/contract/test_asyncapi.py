"""`docs/asyncapi.json` is what the contracts say, is a sound AsyncAPI 3.0 document, and tells the truth of the wire."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import contracts
from contracts import asyncapi
from contracts.message import DURABLE_CONSUMERS
from contracts.naming import event_exchange
from yeshi_local.machine import ROOT

SAMPLES = ROOT / "libs" / "contracts" / "tests" / "samples"
STORED = json.loads((ROOT / "docs" / "asyncapi.json").read_text())


def pointed_at(document: dict[str, Any], reference: str) -> Any:
    """What `#/a/b` names. Raises KeyError."""
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def references(node: Any) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def problems(document: dict[str, Any]) -> list[str]:
    """What AsyncAPI 3.0 (sections Channel, Operation, Message) or our own rules do not allow, in sentences."""
    found = [f"{one} points nowhere" for one in references(document) if not _there(document, one)]
    if document.get("asyncapi") != "3.0.0":
        found.append("asyncapi must be 3.0.0")
    found += [f"info.{one} is missing" for one in ("title", "version") if not document["info"].get(one)]
    for topic, channel in document["channels"].items():
        if channel.get("address") != topic:
            found.append(f"channel {topic} has another address")
        if set(channel["messages"]) != {"event"}:
            found.append(f"channel {topic} must carry one kind of message")
    for topic, message in document["components"]["messages"].items():
        found += [f"{topic} has no {one}" for one in ("description", "payload", "summary") if not message.get(one)]
    for name, operation in document["operations"].items():
        if operation.get("action") not in ("send", "receive"):
            found.append(f"{name} neither sends nor receives")
        if operation.get("channel", {}).get("$ref", "").removeprefix("#/channels/") not in document["channels"]:
            found.append(f"{name} has no channel")
    found += [f"{topic} is heard but never said" for topic in _topics(document, "receive") - _topics(document, "send")]
    found += [f"{topic} has no sender" for topic in set(document["channels"]) - _topics(document, "send")]
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        if not schema.get("description"):
            found.append(f"schema {name} has no description")
    return found


def _there(document: dict[str, Any], reference: str) -> bool:
    try:
        pointed_at(document, reference)
    except (KeyError, TypeError):
        return False
    return True


def _topics(document: dict[str, Any], action: str) -> set[str]:
    operations = (one for one in document["operations"].values() if one.get("action") == action)
    return {one["channel"]["$ref"].removeprefix("#/channels/") for one in operations if "channel" in one}


def test_the_stored_document_is_the_generated_one():
    assert asyncapi.document() == STORED, "run: make docs"


def test_it_is_sound():
    assert problems(STORED) == []


def _lose_schema(document: dict[str, Any]) -> None:
    del document["components"]["schemas"]["Envelope"]


def _lose_sender(document: dict[str, Any]) -> None:
    del document["operations"]["orders publishes orders.order_placed.v1"]


def _misname_channel(document: dict[str, Any]) -> None:
    document["operations"]["catalog hears orders.order_placed.v1"]["channel"]["$ref"] = "#/channels/nowhere"


def _misspell_action(document: dict[str, Any]) -> None:
    document["operations"]["catalog hears orders.order_placed.v1"]["action"] = "subscribe"


def _say_nothing(document: dict[str, Any]) -> None:
    document["components"]["messages"]["orders.order_placed.v1"]["description"] = ""


def _move_channel(document: dict[str, Any]) -> None:
    document["channels"]["orders.order_placed.v1"]["address"] = "orders.placed"


@pytest.mark.parametrize(
    "plant", [_lose_schema, _lose_sender, _misname_channel, _misspell_action, _say_nothing, _move_channel]
)
def test_the_check_finds_what_is_planted(plant: Callable[[dict[str, Any]], None]):
    document = copy.deepcopy(STORED)
    plant(document)
    assert problems(document)


@pytest.mark.parametrize("topic", sorted(contracts.TOPICS))
def test_every_topic_has_a_channel_a_message_its_sender_and_its_hearers(topic):
    message = contracts.TOPICS[topic]
    channel = STORED["channels"][topic]
    assert channel["bindings"]["amqp"]["exchange"]["name"] == event_exchange(message.source)
    assert channel["messages"]["event"] == {"$ref": f"#/components/messages/{topic}"}
    assert f"{message.source} publishes {topic}" in STORED["operations"]
    hearers = {name.partition(" hears ")[0] for name in STORED["operations"] if name.endswith(f" hears {topic}")}
    assert hearers == set(message.heard_by)
    assert hearers <= DURABLE_CONSUMERS | {"gateway"}


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_what_travels_fits_what_the_document_says(path: Path):
    sample = json.loads(path.read_text())
    payload = STORED["components"]["messages"][path.stem]["payload"]
    validator = Draft202012Validator({**payload, "components": STORED["components"]})
    assert list(validator.iter_errors(sample)) == []
    for spoilt in ({**sample, "data": {}}, {**sample, "type": "x"}, {**sample, "specversion": "0.3"}):
        assert list(validator.iter_errors(spoilt)), "the document must not fit everything"
