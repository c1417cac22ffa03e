"""Messages from Amazon SNS: of our topic, signed by Amazon, fresh; then handed on or, to subscribe, confirmed.

Source: Amazon SNS developer guide, «Verifying the signatures of Amazon SNS messages».
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from chassis import clock
from chassis.errors import Kind, Malformed, Refusal
from gateway import measures

HOST = re.compile(r"sns\.[a-z]{2}(?:-[a-z]+)+-[0-9]\.amazonaws\.com(?:\.cn)?")
OLDEST = timedelta(hours=1)  # retries of a delivery end within the hour
AHEAD = timedelta(minutes=5)
NOTIFICATION = "Notification"
SUBSCRIPTION = "SubscriptionConfirmation"
UNSUBSCRIPTION = "UnsubscribeConfirmation"
SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    UNSUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
NEEDED = ("Type", "MessageId", "TopicArn", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL")


class SignatureInvalid(Refusal):
    """Not from Amazon, not for us, or not now."""

    code = "signature_invalid"
    kind = Kind.UNAUTHENTICATED


@dataclass(frozen=True)
class Notice:
    """A verified notification and the JSON text it came in."""

    message_id: str
    topic_arn: str
    body: str


class Signatures(Protocol):
    """Checks a signature with the certificate at a URL."""

    async def fits(self, certificate_url: str, version: str, text: bytes, signature: str) -> bool:
        """Whether it does. Raises Unavailable when the certificate cannot be had."""


Message = dict[str, str]
Parse = Callable[[bytes], Message]
HandOn = Callable[[Notice], Awaitable[None]]
Visit = Callable[[str], Awaitable[None]]


class SnsDoor:
    """Takes SNS' deliveries to one topic's HTTP subscription. `visit` fetches a URL; it raises Unavailable."""

    def __init__(
        self,
        topic_arn: str,
        parse: Parse,
        signatures: Signatures,
        hand_on: HandOn,
        visit: Visit,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._topic_arn = topic_arn
        self._parse = parse
        self._signatures = signatures
        self._hand_on = hand_on
        self._visit = visit
        self._now = now

    async def receive(self, body: bytes) -> str:
        """Verifies and acts; answers the message's type. Raises SignatureInvalid, Malformed, Unavailable."""
        message = self._parse(body)
        if any(name not in message for name in NEEDED) or message["Type"] not in SIGNED:
            raise Malformed("not a message of SNS")
        try:
            await self._verify(message)
        except SignatureInvalid:
            measures.webhooks.labels("sns", "forged").inc()
            raise
        if message["Type"] == SUBSCRIPTION:
            await self._visit(self._confirmation(message))
        elif message["Type"] == NOTIFICATION:
            await self._hand_on(Notice(message["MessageId"], message["TopicArn"], body.decode()))
        measures.webhooks.labels("sns", "taken").inc()
        return message["Type"]

    async def _verify(self, message: Message) -> None:
        """The cheap checks first: nothing is fetched for a message that is not for us."""
        if not self._topic_arn or message["TopicArn"] != self._topic_arn:
            raise SignatureInvalid("another topic")
        if message["SignatureVersion"] not in ("1", "2") or not is_certificate(message["SigningCertURL"]):
            raise SignatureInvalid("the certificate is not Amazon's")
        self._check_time(message["Timestamp"])
        text = signed_text(message)
        fits = await self._signatures.fits(
            message["SigningCertURL"], message["SignatureVersion"], text, message["Signature"]
        )
        if not fits:
            raise SignatureInvalid("the signature does not fit the message")

    def _check_time(self, timestamp: str) -> None:
        try:
            sent = clock.parse(timestamp)
        except ValueError:
            raise SignatureInvalid("a message needs its time") from None
        if not self._now() - OLDEST <= sent <= self._now() + AHEAD:
            raise SignatureInvalid("the message is too old, or ahead of its time")

    def _confirmation(self, message: Message) -> str:
        """Where to confirm the subscription: at Amazon, for this very topic and token."""
        url = message.get("SubscribeURL", "")
        asked = parse_qs(urlsplit(url).query)
        if not _is_amazon(url) or urlsplit(url).path not in ("", "/") or asked.get("TopicArn") != [self._topic_arn]:
            raise SignatureInvalid("the confirmation is not Amazon's")
        if asked.get("Action") != ["ConfirmSubscription"] or asked.get("Token") != [message.get("Token", "")]:
            raise SignatureInvalid("the confirmation is not Amazon's")
        return url


def signed_text(message: Message) -> bytes:
    """The lines that SNS signs."""
    names = [name for name in SIGNED[message["Type"]] if name in message]
    return "".join(f"{name}\n{message[name]}\n" for name in names).encode()


def is_certificate(url: str) -> bool:
    """Whether this is the address of a certificate of SNS itself."""
    return _is_amazon(url) and urlsplit(url).path.endswith(".pem") and not urlsplit(url).query


def _is_amazon(url: str) -> bool:
    """Exactly `https://sns.<region>.amazonaws.com[.cn]/…`: no port, no user, no other spelling of a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(url.isascii() and parts.scheme == "https" and HOST.fullmatch(parts.netloc)) and "\\" not in url
