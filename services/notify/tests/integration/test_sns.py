"""Notifications reach SNS as their recipients wish."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.config import Config

from chassis.ids import uuid7
from yeshi_local.testing import until


@pytest.fixture(scope="module")
def heard(world) -> Iterator[list[dict]]:
    """What a subscriber of the topic receives."""
    received: list[dict] = []

    class Subscriber(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if body.get("Type") == "Notification":
                received.append(body)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Subscriber)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    client = boto3.client(
        "sns",
        endpoint_url=world.sns.url,
        region_name="ap-northeast-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}),
    )
    client.subscribe(
        TopicArn=world.sns.topic_arn,
        Protocol="http",
        Endpoint=f"http://127.0.0.1:{server.server_address[1]}",
        Attributes={"FilterPolicy": json.dumps({"type": ["order.new"]})},  # only what carries this attribute
    )
    yield received
    server.shutdown()
    server.server_close()


def test_who_wants_it_hears_by_sns(world, work, heard, make):
    seller = str(uuid7())
    world.call("put_preferences", seller, sns=True)
    order = make.confirmed(seller)
    [event_id] = world.tell(order)
    assert world.settled(seller) == [("sns", "delivered", None)]
    [message] = until(lambda: [one for one in heard if seller in one["Message"]])
    [item] = world.call("list_notifications", seller)["items"]
    assert json.loads(message["Message"]) == {
        "event_id": event_id,
        "notification_id": item["notification_id"],
        "type": "order.new",
        "title": item["title"],
        "body": item["body"],
        "link": item["link"],
        "user_id": seller,
    }


def test_a_topic_that_is_not_there_is_given_up(world, away, heard, make):
    seller = str(uuid7())
    world.call("put_preferences", seller, sns=True)
    with away:
        wrong = world.start("work", SNS_TOPIC_ARN=world.sns.topic_arn + "-gone")
        world.tell(make.confirmed(seller))
        assert world.settled(seller) == [("sns", "given_up", "sns_NotFound")]
        wrong.kill()


def test_an_endpoint_that_is_away_loses_nothing(world, away, heard, make):
    seller = str(uuid7())
    world.call("put_preferences", seller, sns=True)
    with away:
        blind = world.start("work", SNS_ENDPOINT_URL="http://127.0.0.1:9")
        world.tell(make.confirmed(seller))
        until(lambda: world.deliveries(seller)[0][2] == "EndpointConnectionError")
        blind.kill()
        world.rows("UPDATE deliveries SET next_try_at = now() WHERE user_id = %s", seller)  # or it died over a claim
    assert world.settled(seller) == [("sns", "delivered", None)]
