"""Somebody who subscribed to the bell's SNS topic over HTTP."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from yeshi_local.servers.small import REGION


class SnsListener:
    """Subscribes an HTTP address of loopback to a topic until `close`, and keeps what rang for one user."""

    def __init__(self, endpoint: str, topic_arn: str, user_id: str) -> None:
        self._user_id = user_id
        self._came: list[tuple[float, dict[str, Any]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        self._sns = boto3.client(
            "sns",
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - the local endpoint asks for any
            config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}),
        )
        self._forget_the_dead(topic_arn)
        address = f"http://127.0.0.1:{self._server.server_address[1]}/"
        answer = self._sns.subscribe(TopicArn=topic_arn, Protocol="http", Endpoint=address, ReturnSubscriptionArn=True)
        self._subscription = answer["SubscriptionArn"]

    def bodies(self) -> list[dict[str, Any]]:
        """What was published, parsed."""
        return [body for _, body in self._hers()]

    def arrived(self) -> list[float]:
        """When each of these came, in seconds since the epoch."""
        return [moment for moment, _ in self._hers()]

    def _hers(self) -> list[tuple[float, dict[str, Any]]]:
        published = [(at, json.loads(one["Message"])) for at, one in list(self._came) if one["Type"] == "Notification"]
        return [(at, body) for at, body in published if body["user_id"] == self._user_id]

    def close(self) -> None:
        """Unsubscribes and ends the server."""
        self._sns.unsubscribe(SubscriptionArn=self._subscription)
        self._server.shutdown()
        self._server.server_close()

    def _forget_the_dead(self, topic_arn: str) -> None:
        """Unsubscribes whoever was killed and left an address behind: the local endpoint fails for all then."""
        for one in self._sns.list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]:
            address = urlsplit(one["Endpoint"])
            if address.hostname != "127.0.0.1":
                continue
            try:
                socket.create_connection(("127.0.0.1", address.port or 80), timeout=1).close()
            except ConnectionRefusedError:
                self._sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        came = self._came

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                came.append((time.time(), json.loads(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        return Handler
