"""`docs/asyncapi.json`, made from the contracts. Run it as `python -m contracts.asyncapi > docs/asyncapi.json`.

Source: AsyncAPI 3.0.0 with the AMQP bindings 0.3.0. Payloads are shown inside their envelope.
"""

import inspect
import sys
from typing import Any

import msgspec

from contracts.message import DURABLE_CONSUMERS, TOPICS, Message, topics_heard_by
from contracts.naming import event_exchange, event_queue

REF = "#/components/schemas/{name}"


def document() -> dict[str, Any]:
    """The whole AsyncAPI document as plain JSON values, in a stable order."""
    topics = [TOPICS[name] for name in sorted(TOPICS)]
    _, schemas = msgspec.json.schema_components(topics, ref_template=REF)
    for schema in schemas.values():
        if "description" in schema:  # before Python 3.13 a docstring keeps the indentation of its source
            schema["description"] = inspect.cleandoc(schema["description"])
    schemas["Envelope"] = _envelope()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Yeshi 夜市 events",
            "version": "1.0.0",
            "description": "Every event on Yeshi's bus. One topic, one version, one payload; "
            "envelopes are CloudEvents 1.0 in JSON, alone or in batches of up to 100.",
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {"bus": {"host": "127.0.0.1:5672", "protocol": "amqp", "description": "RabbitMQ"}},
        "channels": {topic.topic: _channel(topic) for topic in topics},
        "operations": _operations(topics),
        "components": {
            "messages": {topic.topic: _message(topic) for topic in topics},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _envelope() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "A CloudEvents 1.0 envelope. Extensions: correlationid, causationid, traceparent.",
        "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "format": "uuid", "description": "UUIDv7; the inbox knows an event by it"},
            "source": {**text, "description": "The service that owns the topic"},
            "type": {**text, "description": "The topic with its version"},
            "subject": {**text, "description": "The id of the thing the event is about"},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "correlationid": text,
            "causationid": text,
            "traceparent": text,
        },
    }


def _channel(topic: type[Message]) -> dict[str, Any]:
    return {
        "address": topic.topic,
        "messages": {"event": {"$ref": f"#/components/messages/{topic.topic}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": event_exchange(topic.source), "type": "topic", "durable": True},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _message(topic: type[Message]) -> dict[str, Any]:
    kind = f"state of {topic.state_of}: keep the greatest version" if topic.state_of else "fact: never skipped as old"
    return {
        "name": topic.topic,
        "title": topic.__name__,
        "summary": kind,
        "description": inspect.getdoc(topic) or "",
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                {"$ref": REF.format(name="Envelope")},
                {
                    "type": "object",
                    "properties": {
                        "source": {"const": topic.source},
                        "type": {"const": topic.topic},
                        "data": {"$ref": REF.format(name=topic.__name__)},
                    },
                },
            ]
        },
    }


def _operations(topics: list[type[Message]]) -> dict[str, Any]:
    operations: dict[str, Any] = {}
    for topic in topics:
        operations[f"{topic.source} publishes {topic.topic}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{topic.topic}"},
        }
    for consumer in sorted(DURABLE_CONSUMERS | {"gateway"}):
        durable = consumer in DURABLE_CONSUMERS
        where = f"queue {event_queue(consumer)}" if durable else "an auto-delete queue of each replica"
        for name in topics_heard_by(consumer):
            operations[f"{consumer} hears {name}"] = {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{name}"},
                "description": f"On {where}.",
            }
    return operations


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document()), indent=2) + b"\n")
