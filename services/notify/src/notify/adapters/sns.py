"""Publishing to Amazon SNS. Source: SNS API reference, Publish, and its common errors.

A standard topic has no deduplication: a lost answer may mean a second message, which its consumers recognise by
`notification_id`. A FIFO topic gets the delivery's id as its deduplication id, which covers five minutes.
"""

import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from notify.domain.delivery import Answer, Delivery, Tried

#: Codes that stay true however often one asks. Everything else may pass.
FINAL = frozenset(
    {
        "NotFound",
        "InvalidParameter",
        "InvalidParameterValue",
        "ParameterValueInvalid",
        "EndpointDisabled",
        "PlatformApplicationDisabled",
        "AuthorizationError",
        "InvalidSecurity",
        "KMSAccessDenied",
        "KMSDisabled",
        "KMSInvalidState",
        "KMSNotFound",
        "KMSOptInRequired",
        "ValidationException",
    }
)
SLOW_DOWN = frozenset({"Throttling", "ThrottlingException", "ThrottledException", "Throttled", "KMSThrottling"})


class SnsTopic:
    """One topic, for any number of threads. `arn` names its region; `endpoint_url` is for doubles."""

    def __init__(self, arn: str, endpoint_url: str, *, timeout: float, threads: int) -> None:
        self._arn = arn
        self._client = boto3.client(
            "sns",
            region_name=arn.split(":")[3],
            endpoint_url=endpoint_url or None,
            config=Config(
                connect_timeout=timeout,
                read_timeout=timeout,
                retries={"mode": "standard", "total_max_attempts": 1},  # a try is one request
                max_pool_connections=threads,
            ),
        )

    def send(self, delivery: Delivery) -> Tried:
        """Publishes once."""
        try:
            self._client.publish(TopicArn=self._arn, **self._message(delivery))
        except ClientError as error:
            return answer_of(error.response)
        except BotoCoreError as error:
            return Tried(Answer.FAILED, type(error).__name__)
        return Tried(Answer.ACCEPTED)

    def _message(self, delivery: Delivery) -> dict[str, Any]:
        body = {
            "event_id": str(delivery.event_id),
            "notification_id": str(delivery.notification_id),
            "type": delivery.type,
            "title": delivery.title,
            "body": delivery.body,
            "link": delivery.link,
            "user_id": str(delivery.user_id),
        }
        message: dict[str, Any] = {
            "Message": json.dumps(body, ensure_ascii=False),
            "MessageAttributes": {"type": {"DataType": "String", "StringValue": delivery.type}},
        }
        if self._arn.endswith(".fifo"):
            message["MessageGroupId"] = str(delivery.user_id)
            message["MessageDeduplicationId"] = str(delivery.id)
        return message


class NoTopic:
    """There is no topic to publish to."""

    def send(self, delivery: Delivery) -> Tried:
        """Never."""
        return Tried(Answer.REFUSED, "no_topic")


def answer_of(response: Any) -> Tried:
    """What an error of SNS means for the message it answers."""
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code in SLOW_DOWN or status == 429:
        return Tried(Answer.TOO_FAST, f"sns_{code}")
    if code in FINAL:
        return Tried(Answer.REFUSED, f"sns_{code}")
    return Tried(Answer.FAILED, f"sns_{code or status}")
