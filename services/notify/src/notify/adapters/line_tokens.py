"""Channel access tokens: stateless ones, which live a quarter of an hour and need not be revoked.

Source: LINE Messaging API reference, «Issue stateless channel access token».
"""

import threading
import time

import urllib3
from linebot.v3.oauth import ApiClient, ChannelAccessToken, Configuration
from linebot.v3.oauth.exceptions import ApiException

RENEW_BEFORE = 60.0  # seconds before a token ends


class NoToken(Exception):
    """LINE gave no token. The text is a short word, never an answer's body."""


class LineTokens:
    """One token for all threads. It is fetched by one of them while the others wait."""

    def __init__(self, host: str, channel_id: str, channel_secret: str, timeout: float) -> None:
        configuration = Configuration(host=host.rstrip("/"))
        configuration.retries = False
        self._api = ChannelAccessToken(ApiClient(configuration))
        self._channel_id = channel_id
        self._channel_secret = channel_secret
        self._timeout = timeout
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0

    def get(self) -> str:
        """A token that is good for at least a minute. Raises NoToken."""
        with self._lock:
            if not self._token or time.monotonic() >= self._renew_at:
                self._fetch()
            return self._token

    def drop(self, token: str) -> None:
        """LINE does not take this token; if it is the current one, the next `get` fetches another."""
        with self._lock:
            if self._token == token:
                self._token = ""

    def _fetch(self) -> None:
        asked_at = time.monotonic()
        try:
            issued = self._api.issue_stateless_channel_token_by_client_secret(
                self._channel_id, self._channel_secret, _request_timeout=self._timeout
            )
        except ApiException as error:
            raise NoToken(f"token_{error.status}") from None  # its text would hold the answer
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise NoToken(f"token_{type(error).__name__}") from error
        self._token = issued.access_token
        self._renew_at = asked_at + issued.expires_in - RENEW_BEFORE
