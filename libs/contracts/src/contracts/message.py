"""The base of every event's data, and the register of topics."""

from typing import ClassVar

import msgspec

TOPICS: dict[str, type["Message"]] = {}

#: Services that receive events on a durable queue of their own. The gateway is not one of them:
#: each of its replicas has a queue that goes away with it.
DURABLE_CONSUMERS = frozenset({"users", "catalog", "orders", "media", "notify", "edge-gateway"})


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Data of one event. A subclass with a `topic` enters the register by being defined.

    The docstring of a subclass is its description in `docs/asyncapi.json`.
    `heard_by` names the services whose queues are bound to the topic.
    `subject_field` names the field that says which thing the event is about (CloudEvents `subject`).
    `state_of` is set on state events: they carry the whole public state with a `version`, and a consumer
    keeps the greatest. Facts (the rest) are never skipped as old.
    """

    source: ClassVar[str] = ""
    topic: ClassVar[str] = ""
    heard_by: ClassVar[tuple[str, ...]] = ()
    subject_field: ClassVar[str] = ""
    state_of: ClassVar[str | None] = None

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__()
        topic = cls.__dict__.get("topic", "")
        if not topic:
            return
        if not topic.startswith(cls.source + "."):
            raise TypeError(f"{topic} does not belong to {cls.source}")
        known = TOPICS.get(topic)
        # Structs with weak references or slots are created twice by some decorators: same name is the same class.
        if known is not None and known.__qualname__ != cls.__qualname__:
            raise TypeError(f"{topic} is defined twice")
        TOPICS[topic] = cls

    def subject(self) -> str:
        """The id of the thing this event is about."""
        return str(getattr(self, self.subject_field))


def topics_of(source: str) -> list[str]:
    """Topics that `source` publishes, sorted."""
    return sorted(topic for topic, message in TOPICS.items() if message.source == source)


def topics_heard_by(consumer: str) -> list[str]:
    """Topics bound to the queue of `consumer`, sorted."""
    return sorted(topic for topic, message in TOPICS.items() if consumer in message.heard_by)


def consumers(topic: str) -> frozenset[str]:
    """Services with a durable queue bound to `topic`. Empty means: sent without `mandatory`."""
    return DURABLE_CONSUMERS.intersection(TOPICS[topic].heard_by)
