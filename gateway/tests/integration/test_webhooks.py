"""Webhooks through the real process to real queues."""

import base64
import hashlib
import hmac
import json
import time

import httpx

from contracts import data_of
from yeshi_local.testing import until

SECRET = "0123456789abcdef0123456789abcdef"


LINE_WAITS = 2  # seconds for an answer


def post(url, body, signature=None, by=httpx):
    made = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    return by.post(
        f"{url}/v1/webhooks/line",
        content=body,
        headers={"x-line-signature": made if signature is None else signature, "content-type": "application/json"},
    )


def test_a_verified_event_lies_in_every_hearers_queue_when_line_gets_its_200(gateway, behind):
    body = '{"destination":"U1","events":[{"webhookEventId":"01H","message":{"text":"我的訂單"}}]}'.encode()
    answer = post(gateway.url, body)
    assert (answer.status_code, answer.json()) == (200, {"events": 1})
    for consumer in ("notify", "users"):
        (event,) = behind.received(consumer)
        data = data_of(event)
        assert data.webhook_event_id == "01H"
        assert json.loads(data.body)["message"]["text"] == "我的訂單"


def test_a_forged_webhook_reaches_no_queue(gateway, behind):
    answer = post(gateway.url, b'{"destination":"U1","events":[{"webhookEventId":"01F"}]}', "forged")
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
    assert behind.received("notify") == []


def test_an_empty_webhook_is_taken_and_too_large_a_one_is_not(gateway):
    assert post(gateway.url, b'{"destination":"U1","events":[]}').status_code == 200
    assert post(gateway.url, b"x" * (1024 * 1024 + 1)).status_code == 413


def test_while_the_bus_is_away_line_is_asked_to_come_again_in_time(world, rabbitmq):
    program = world.start()
    with httpx.Client() as line:
        assert post(program.url, b'{"destination":"U1","events":[]}', by=line).status_code == 200  # it is connected
        rabbitmq.program.pause()
        try:
            started = time.monotonic()
            answer = post(program.url, b'{"destination":"U1","events":[{"webhookEventId":"01P"}]}', by=line)
            took = time.monotonic() - started
        finally:
            rabbitmq.program.resume()
    assert answer.status_code == 503
    assert took < LINE_WAITS
    until(lambda: post(program.url, b'{"destination":"U1","events":[]}').status_code == 200)


def test_bodies_are_never_logged(gateway, world):
    body = '{"destination":"U1","events":[{"webhookEventId":"01L","message":{"text":"祕密的話"}}]}'.encode()
    post(gateway.url, body)
    post(gateway.url, body, "forged")
    assert "祕密的話" not in gateway.log.read_text()


def test_sns_of_another_topic_is_refused(gateway):
    message = {
        "Type": "Notification",
        "MessageId": "m",
        "TopicArn": "arn:aws:sns:us-east-1:1:other",
        "Message": "x",
        "Timestamp": "2026-11-24T03:00:00Z",
        "SignatureVersion": "1",
        "Signature": "x",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/a.pem",
    }
    answer = httpx.post(
        f"{gateway.url}/v1/webhooks/sns", content=json.dumps(message), headers={"content-type": "text/plain"}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
