"""What the gateway's webhook doors pass on: bodies that were verified there. They are never logged."""

from typing import ClassVar

from contracts.message import Message


class LineWebhookReceivedV1(Message, frozen=True, kw_only=True):
    """One event of a LINE webhook whose signature was verified on the raw bytes."""

    source: ClassVar[str] = "gateway"
    topic: ClassVar[str] = "gateway.line_webhook_received.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notify", "users")
    subject_field: ClassVar[str] = "webhook_event_id"

    webhook_event_id: str
    destination: str
    received_at: str
    body: str  # the JSON text of this one event


class SnsReceivedV1(Message, frozen=True, kw_only=True):
    """One SNS message whose signature and topic were verified."""

    source: ClassVar[str] = "gateway"
    topic: ClassVar[str] = "gateway.sns_received.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notify",)
    subject_field: ClassVar[str] = "message_id"

    message_id: str
    topic_arn: str
    received_at: str
    body: str
