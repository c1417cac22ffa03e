"""A self-hosted endpoint that speaks the protocol LINE Notify had, which itself ended on 2025-03-31.

`POST <base>/api/notify`, form field `message` of at most 1,000 characters, bearer token. There is no retry key: an
answer that was lost may mean a second message.
"""

import urllib3

from notify.adapters.line_messages import missed, shortened
from notify.domain.chat import Reply
from notify.domain.delivery import Answer, Delivery, Tried
from notify.domain.texts import TEXTS

LONGEST = 1000


class NotifyCompatible:
    """The endpoint for any number of threads. `{to}` in the token stands for the recipient's LINE user."""

    def __init__(self, base_url: str, token: str, public_url: str, *, timeout: float, threads: int) -> None:
        self._url = f"{base_url.rstrip('/')}/api/notify"
        self._token = token
        self._home = public_url.rstrip("/")
        self._http = urllib3.PoolManager(maxsize=threads, retries=False, timeout=urllib3.Timeout(total=timeout))

    def send(self, delivery: Delivery) -> Tried:
        """Sends once."""
        tail = f"{missed(delivery.missed, TEXTS[delivery.locale])}\n{self._home}{delivery.link}"
        text = shortened(f"{delivery.title}\n{delivery.body}", LONGEST - len(tail)) + tail
        token = self._token.replace("{to}", delivery.address)
        try:
            answer = self._http.request(
                "POST",
                self._url,
                fields={"message": text},
                encode_multipart=False,
                headers={"Authorization": f"Bearer {token}"},
            )
        except urllib3.exceptions.HTTPError as error:
            return Tried(Answer.FAILED, type(error).__name__)
        if answer.status == 200:
            return Tried(Answer.ACCEPTED)
        if answer.status == 429:
            return Tried(Answer.TOO_FAST)
        if answer.status in (400, 401, 403, 404):
            return Tried(Answer.REFUSED, f"notify_{answer.status}")
        return Tried(Answer.FAILED, f"notify_{answer.status}")


class NoChat:
    """That protocol has no chat and no quota: what waits for a reply goes out of date."""

    def messages_left(self) -> bool:
        """Nobody counts."""
        return True

    def link_token(self, line_user_id: str) -> str | None:
        """Never."""
        return None

    def reply(self, reply_token: str, reply: Reply) -> Tried:
        """Never."""
        return Tried(Answer.REFUSED, "no_chat")
