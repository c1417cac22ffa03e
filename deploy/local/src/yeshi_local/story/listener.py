"""Somebody who subscribed to the bell's SNS topic over HTTP."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from botocore.config import Config

from yeshi_local.servers.small import REGION


class SnsListener:
    """Subscribes an HTTP address of loopback to a topic, and keeps what was sent there until `close`."""

    def __init__(self, endpoint: str, topic_arn: str) -> None:
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
        address = f"http://127.0.0.1:{self._server.server_address[1]}/"
        answer = self._sns.subscribe(TopicArn=topic_arn, Protocol="http", Endpoint=address, ReturnSubscriptionArn=True)
        self._subscription = answer["SubscriptionArn"]

    def bodies(self) -> list[dict[str, Any]]:
        """What was published, parsed."""
        return [json.loads(message["Message"]) for _, message in self._notifications()]

    def arrived(self) -> list[float]:
        """When each of these came, in seconds since the epoch."""
        return [moment for moment, _ in self._notifications()]

    def _notifications(self) -> list[tuple[float, dict[str, Any]]]:
        return [one for one in list(self._came) if one[1].get("Type") == "Notification"]

    def close(self) -> None:
        """Unsubscribes and ends the server."""
        self._sns.unsubscribe(SubscriptionArn=self._subscription)
        self._server.shutdown()
        self._server.server_close()

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
