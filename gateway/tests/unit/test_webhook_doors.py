"""Webhooks: forged ones are refused before anything is done; true ones are handed on before they are answered."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from chassis.errors import Malformed, Refusal, Unavailable
from gateway.adapters.sns import CertificateSignatures, parse_sns
from gateway.adapters.webhook_events import parse_line
from gateway.application import sns, webhooks
from gateway.application.sns import SnsDoor, is_certificate, signed_text
from gateway.application.webhooks import LineDoor, LineEvent

SECRET = "line-channel-secret"
TOPIC = "arn:aws:sns:ap-northeast-1:123456789012:yeshi-bell"
CERTIFICATE = "https://sns.ap-northeast-1.amazonaws.com/SimpleNotificationService-0123.pem"
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def line_signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class Bus:
    """Remembers what was handed on, or is away."""

    def __init__(self, away: bool = False) -> None:
        self.away = away
        self.taken: list[Any] = []

    async def line(self, events: Sequence[LineEvent]) -> None:
        if self.away:
            raise Unavailable("the bus cannot be reached")
        self.taken += events

    async def sns(self, notice: sns.Notice) -> None:
        if self.away:
            raise Unavailable("the bus cannot be reached")
        self.taken.append(notice)


def receive_line(body: bytes, signature: str | None, bus: Bus, secret: str = SECRET) -> int:
    return asyncio.run(LineDoor(secret, parse_line, bus.line).receive(body, signature))


FIRST = '{"type":"message","webhookEventId":"01A", "x":1.50}'
SECOND = '{"webhookEventId":"01B","文":"字"}'
BODY = f'{{"destination":"U1","events":[{FIRST},{SECOND}]}}'.encode()


def test_each_event_is_handed_on_with_the_exact_text_it_came_in():
    bus = Bus()
    assert receive_line(BODY, line_signature(BODY), bus) == 2
    assert [event.webhook_event_id for event in bus.taken] == ["01A", "01B"]
    assert bus.taken[0].body == FIRST
    assert bus.taken[1].body == SECOND
    assert {event.destination for event in bus.taken} == {"U1"}


def test_the_consoles_check_without_events_is_taken():
    body = b'{"destination":"U1","events":[]}'
    assert receive_line(body, line_signature(body), Bus(away=True)) == 0


@pytest.mark.parametrize(
    "signature",
    [None, "", "x", line_signature(BODY)[:-2], line_signature(BODY + b" "), line_signature(BODY, "other"), "é" * 44],
)
def test_a_webhook_without_lines_signature_is_refused(signature):
    bus = Bus()
    with pytest.raises(webhooks.SignatureInvalid):
        receive_line(BODY, signature, bus)
    assert bus.taken == []


def test_the_same_json_written_another_way_is_refused():
    rewritten = json.dumps(json.loads(BODY)).encode()
    with pytest.raises(webhooks.SignatureInvalid):
        receive_line(rewritten, line_signature(BODY), Bus())


def test_without_a_secret_nothing_is_taken():
    with pytest.raises(webhooks.SignatureInvalid):
        receive_line(BODY, line_signature(BODY, ""), Bus(), secret="")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"events": 1}', b'{"destination":"U","events":[{}]}', b"\xff"])
def test_a_signed_body_that_is_no_webhook_is_malformed(body):
    with pytest.raises(Malformed):
        receive_line(body, line_signature(body), Bus())


def test_what_cannot_be_handed_on_is_refused_so_that_line_sends_it_again():
    with pytest.raises(Unavailable):
        receive_line(BODY, line_signature(BODY), Bus(away=True))


AMAZON = rsa.generate_private_key(65537, 2048)
STRANGER = rsa.generate_private_key(65537, 2048)


def certificate(key: rsa.RSAPrivateKey, until: datetime = NOW + timedelta(days=30)) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def notification(**changed: Any) -> dict[str, Any]:
    message = {
        "Type": "Notification",
        "MessageId": "m1",
        "TopicArn": TOPIC,
        "Message": "你好",
        "Timestamp": "2026-11-24T02:59:00.000Z",
        "SignatureVersion": "1",
        "SigningCertURL": CERTIFICATE,
        **changed,
    }
    return {name: value for name, value in message.items() if value is not None}


def subscription(url: str | None = None, **changed: Any) -> dict[str, Any]:
    wanted = f"https://sns.ap-northeast-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t1"
    return notification(Type="SubscriptionConfirmation", Token="t1", SubscribeURL=url or wanted, **changed)


def signed(message: dict[str, Any], key: rsa.RSAPrivateKey = AMAZON) -> dict[str, Any]:
    algorithm = hashes.SHA1() if message["SignatureVersion"] == "1" else hashes.SHA256()  # noqa: S303 - version 1
    signature = key.sign(signed_text(message), padding.PKCS1v15(), algorithm)
    return {**message, "Signature": base64.b64encode(signature).decode()}


class Amazon:
    """Its certificate host and its confirmations; every request is remembered."""

    def __init__(self, pem: bytes | None = None) -> None:
        self.pem = pem or certificate(AMAZON)
        self.asked: list[str] = []

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        return self.pem

    async def visit(self, url: str) -> None:
        self.asked.append(url)


def receive_sns(message: dict[str, Any], amazon: Amazon, bus: Bus, topic: str = TOPIC) -> str:
    async def work() -> str:
        signatures = CertificateSignatures(amazon.fetch, lambda: NOW)
        door = SnsDoor(topic, parse_sns, signatures, bus.sns, amazon.visit, lambda: NOW)
        return await door.receive(json.dumps(message).encode())

    return asyncio.run(work())


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [None, "主旨"])
def test_a_notification_of_our_topic_is_handed_on(version, subject):
    bus = Bus()
    message = signed(notification(SignatureVersion=version, Subject=subject))
    assert receive_sns(message, Amazon(), bus) == "Notification"
    (notice,) = bus.taken
    assert (notice.message_id, notice.topic_arn) == ("m1", TOPIC)
    assert json.loads(notice.body) == message


FOREIGN = [
    "http://sns.ap-northeast-1.amazonaws.com/a.pem",
    "https://sns.ap-northeast-1.amazonaws.com.evil.test/a.pem",
    "https://sns.x.amazonaws.com.evil/a.pem",
    "https://evil.test/sns.ap-northeast-1.amazonaws.com/a.pem",
    "https://sns.ap-northeast-1.amazonaws.com@evil.test/a.pem",
    "https://evil.test#sns.ap-northeast-1.amazonaws.com/a.pem",
    "https://evil.test\\sns.ap-northeast-1.amazonaws.com/a.pem",
    "https://sns.ap-northeast-1.amazonaws.com\\@evil.test/a.pem",
    "https://sns.ap-northeast-1.amazonaws.com:8443/a.pem",
    "https://s3.ap-northeast-1.amazonaws.com/a.pem",
    "https://sns.evil.ap-northeast-1.amazonaws.com/a.pem",
    "https://sns.ap-northeast-1.amazonaws.com/a.pem?x=1",
    "https://sns.ap-northeast-1.amazonaws.com/a.txt",
    "https://sns.ap-northeast-1.amazonaws.com/",
    "https://SNS.ap-northeast-1.amazonaws.com/a.pem",
    "https://sns.ap-northeast-1.amazonaws.com\u3002evil.test/a.pem",
    "https://[::1]/a.pem",
    "https://[bad/a.pem",
    "file:///etc/passwd.pem",
    "ftp://sns.ap-northeast-1.amazonaws.com/a.pem",
    "",
]


@pytest.mark.parametrize("url", FOREIGN)
def test_a_certificate_from_elsewhere_is_never_fetched(url):
    amazon, bus = Amazon(), Bus()
    assert not is_certificate(url)
    with pytest.raises(sns.SignatureInvalid):
        receive_sns(signed(notification(SigningCertURL=url)), amazon, bus)
    assert amazon.asked == []
    assert bus.taken == []


@pytest.mark.parametrize("region", ["us-east-1", "ap-northeast-1", "us-gov-west-1", "ap-east-2"])
def test_certificates_of_every_region_are_known(region):
    assert is_certificate(f"https://sns.{region}.amazonaws.com/SimpleNotificationService-0.pem")
    assert is_certificate("https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0.pem")


@pytest.mark.parametrize(
    "message",
    [
        signed(notification(TopicArn="arn:aws:sns:ap-northeast-1:123456789012:other")),
        signed(notification(), STRANGER),
        {**signed(notification()), "Message": "changed"},
        {**signed(notification()), "Subject": "added"},
        {**signed(notification()), "Signature": "not base64!"},
        {**signed(notification()), "SignatureVersion": "3"},
        {**signed(notification()), "SignatureVersion": "2"},
        signed(notification(Timestamp="2026-11-24T01:00:00.000Z")),
        signed(notification(Timestamp="2026-11-24T03:30:00.000Z")),
        signed(notification(Timestamp="2026-11-24T02:59:00.000")),
        signed(notification(Timestamp="now")),
    ],
)
def test_a_forged_or_late_message_is_refused(message):
    bus = Bus()
    with pytest.raises(sns.SignatureInvalid):
        receive_sns(message, Amazon(), bus)
    assert bus.taken == []


def test_an_expired_certificate_proves_nothing():
    with pytest.raises(sns.SignatureInvalid):
        receive_sns(signed(notification()), Amazon(certificate(AMAZON, NOW - timedelta(days=1))), Bus())


def test_what_is_no_certificate_proves_nothing():
    with pytest.raises(sns.SignatureInvalid):
        receive_sns(signed(notification()), Amazon(b"<html>"), Bus())


def test_a_verified_subscription_is_confirmed_at_amazon():
    amazon = Amazon()
    message = signed(subscription())
    assert receive_sns(message, amazon, Bus()) == "SubscriptionConfirmation"
    assert amazon.asked == [CERTIFICATE, message["SubscribeURL"]]


@pytest.mark.parametrize(
    "url",
    [
        f"http://sns.ap-northeast-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t1",
        f"https://evil.test/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t1",
        "https://sns.ap-northeast-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=other&Token=t1",
        f"https://sns.ap-northeast-1.amazonaws.com/?Action=Unsubscribe&TopicArn={TOPIC}&Token=t1",
        f"https://sns.ap-northeast-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t2",
        f"https://sns.ap-northeast-1.amazonaws.com/x?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t1",
    ],
)
def test_a_confirmation_leads_nowhere_else(url):
    amazon = Amazon()
    with pytest.raises(sns.SignatureInvalid):
        receive_sns(signed(subscription(url)), amazon, Bus())
    assert amazon.asked == [CERTIFICATE]


def test_an_unverified_confirmation_is_not_visited():
    amazon = Amazon()
    with pytest.raises(sns.SignatureInvalid):
        receive_sns(signed(subscription(), STRANGER), amazon, Bus())
    assert amazon.asked == [CERTIFICATE]


def test_the_end_of_a_subscription_is_only_taken_note_of():
    amazon = Amazon()
    message = signed({**subscription(), "Type": "UnsubscribeConfirmation"})
    assert receive_sns(message, amazon, Bus()) == "UnsubscribeConfirmation"
    assert amazon.asked == [CERTIFICATE]


@pytest.mark.parametrize("missing", sns.NEEDED)
def test_a_message_that_lacks_a_part_is_malformed(missing):
    message = signed(notification())
    del message[missing]
    with pytest.raises(Malformed):
        receive_sns(message, Amazon(), Bus())


def test_without_a_topic_nothing_is_taken():
    with pytest.raises(Refusal):
        receive_sns(signed(notification(TopicArn="")), Amazon(), Bus(), topic="")


def test_a_notification_that_cannot_be_handed_on_is_refused_so_that_sns_sends_it_again():
    with pytest.raises(Unavailable):
        receive_sns(signed(notification()), Amazon(), Bus(away=True))
