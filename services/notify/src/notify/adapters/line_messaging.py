"""LINE's Messaging API by its own SDK: pushes under their retry keys, replies, link tokens.

Source: LINE Messaging API reference, «Retrying an API request», «Send push message», «Error responses».
"""

import json
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import urllib3
from linebot.v3.messaging import ApiClient, Configuration, MessagingApi
from linebot.v3.messaging.exceptions import ApiException, UnauthorizedException

from notify.adapters import line_messages
from notify.adapters.line_tokens import LineTokens, NoToken
from notify.domain.chat import Reply
from notify.domain.delivery import Answer, Delivery, Tried

log = logging.getLogger(__name__)

T = TypeVar("T")

#: 429 has several causes, and only its text tells them apart.
QUOTA_TEXT = "monthly limit"
REFUSALS = frozenset({400, 403, 404, 410, 413, 415})


class LineMessaging:
    """The Messaging API for any number of threads. `timeout` in seconds bounds each request."""

    def __init__(self, host: str, tokens: LineTokens, public_url: str, *, timeout: float, threads: int) -> None:
        configuration = Configuration(host=host.rstrip("/"), access_token="")  # each call brings its own
        configuration.retries = False  # of urllib3: a try is one request, and its retry is the delivery's
        configuration.connection_pool_maxsize = threads
        self._client = ApiClient(configuration)
        self._api = MessagingApi(self._client)
        self._tokens = tokens
        self._home = public_url.rstrip("/")
        self._timeout = timeout

    def send(self, delivery: Delivery) -> Tried:
        """Pushes once. The request is the same for every try of a delivery, as its retry key demands."""
        body = {"to": delivery.address, "messages": [line_messages.notification(delivery, self._home)]}
        return self._tried("/v2/bot/message/push", body, {"X-Line-Retry-Key": str(delivery.retry_key)})

    def reply(self, reply_token: str, reply: Reply) -> Tried:
        """Answers an event: once, soon and free of charge. LINE takes no retry key here."""
        return self._tried(
            "/v2/bot/message/reply", {"replyToken": reply_token, "messages": [line_messages.reply(reply)]}, {}
        )

    def link_token(self, line_user_id: str) -> str | None:
        """A one-time token to bind this LINE user; None when LINE gives none now."""
        try:
            issued = self._authorized(lambda options: self._api.issue_link_token(line_user_id, **options))
        except (ApiException, NoToken, urllib3.exceptions.HTTPError, ValueError) as error:
            log.warning("no link token: %s", getattr(error, "status", type(error).__name__))
            return None
        return str(issued.link_token)

    def messages_left(self) -> bool:
        """Whether the month has messages left; False when LINE does not say."""
        try:
            quota = self._authorized(lambda options: self._api.get_message_quota(**options))
            used = self._authorized(lambda options: self._api.get_message_quota_consumption(**options))
        except (ApiException, NoToken, urllib3.exceptions.HTTPError, ValueError) as error:
            log.warning("LINE does not tell its quota: %s", getattr(error, "status", type(error).__name__))
            return False
        return quota.value is None or int(used.total_usage) < int(quota.value)

    def _tried(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Tried:
        """One request by the SDK's client. Its models are left out: they cost more than the request itself, and of a
        success nothing needs to be read.
        """

        def call(options: dict[str, Any]) -> object:
            sent = {**headers, "Content-Type": "application/json"}
            return self._client.call_api(
                path, "POST", header_params=sent, body=body, response_types_map={}, auth_settings=["Bearer"], **options
            )

        try:
            self._authorized(call)
        except ApiException as error:
            return answer_of(error.status, error.body)
        except NoToken as error:
            return Tried(Answer.FAILED, str(error))
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            # No connection, no answer, or none that can be read: the push may have been taken, its key will tell.
            return Tried(Answer.FAILED, type(error).__name__)
        return Tried(Answer.ACCEPTED)

    def _authorized(self, call: Callable[[dict[str, Any]], T]) -> T:
        """Calls with a token; one that LINE does not take is replaced once."""
        token = self._tokens.get()
        try:
            return call(self._options(token))
        except UnauthorizedException:
            self._tokens.drop(token)
        return call(self._options(self._tokens.get()))

    def _options(self, token: str) -> dict[str, Any]:
        bearer = {"in": "header", "type": "bearer", "key": "Authorization", "value": f"Bearer {token}"}
        return {"_request_timeout": self._timeout, "_request_auth": bearer}


def answer_of(status: int | None, body: str | None) -> Tried:
    """What LINE's error means for the push it answers."""
    if status == 409:
        return Tried(Answer.ACCEPTED, "409")
    if status == 429:
        return Tried(Answer.QUOTA if QUOTA_TEXT in _message(body) else Answer.TOO_FAST)
    if status in REFUSALS:
        return Tried(Answer.REFUSED, f"line_{status}")
    return Tried(Answer.FAILED, f"line_{status}")


def _message(body: str | None) -> str:
    try:
        return str(json.loads(body or "{}").get("message", ""))
    except (ValueError, AttributeError):
        return ""
